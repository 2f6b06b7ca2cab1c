// Constants of attention in a GPU model; sim/kernels/attention.hpp and decode.hpp have the equations.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Constants of the attention model (sim/kernels/attention.hpp).
struct AttentionConstants {
  Figure<double> forward_efficiency;   // e_f, of the dense peak less the softmax, long sequences
  Figure<double> backward_efficiency;  // e_b, the same in the backward pass
  Figure<double> memory_efficiency;    // e_m
  Figure<Seconds> fixed_time;          // t0
  Figure<double> softmax_flops;        // x, >= 0: matrix FLOPs in the time of one exponential
  Figure<double>
      flash2_forward_share;  // share of e_f that FlashAttention-2 reaches; 1 where it is the newest
  Figure<double> flash2_backward_share;  // share of e_b, the same
  Figure<double> tail;  // a, >= 0: rows of tiles per multiprocessor that the last wave wastes
  FitInfo fit;
};

// Constants of attention of one new token over a KV cache (sim/kernels/decode.hpp).
struct DecodeConstants {
  Figure<double> memory_efficiency;
  Figure<Seconds> fixed_time;
  FitInfo fit;
};

}  // namespace aifsim
