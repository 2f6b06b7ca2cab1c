// A GPU model: datasheet figures, and constants fitted to real kernel runs (gpu_models/*.yaml).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

enum class Dtype { fp64, fp32, tf32, bf16, fp16, fp8, int8, fp4 };
double bytes_of(Dtype dtype);  // bytes per element: 8, 4, 4, 2, 2, 1, 1, 0.5
const char* name_of(Dtype dtype);

// Constants of the GEMM model (sim/kernels/gemm.hpp has the equation).
struct GemmConstants {
  Figure<double> compute_efficiency;  // e_c, of the dense peak, 0..1
  Figure<double> memory_efficiency;   // e_m, of the memory bandwidth, 0..1
  Figure<Seconds> fixed_time;         // t0
  Figure<double> norm;                // p, >= 1: how sharply the roofline's sides meet
  Figure<double> depth_ramp;      // k0, >= 0: length of k that filling and draining a tile's pipeline costs
  Figure<Seconds> depth_latency;  // t_k, >= 0: latency of the best split of k, over sqrt(k)
};

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
};

// Constants of operations bound by memory (sim/kernels/streaming.hpp): shares of the memory bandwidth that
// their kernels reach on long tensors.
struct StreamingConstants {
  Figure<double> memory_efficiency;  // add, cross-entropy, optimizer, copy
  Figure<double> norm_efficiency;
  Figure<double> activation_efficiency;
  Figure<double> embedding_efficiency;
  Figure<double> cache_saving;  // share of the time that bytes within the L2 save, 0..1
  Figure<Seconds> fixed_time;
};

struct GpuDescription {
  std::string name;  // catalogue id = file stem
  std::string title;
  std::string vendor;
  std::string architecture;
  Place place;
  Figure<double> multiprocessors;                // SMs or CUs
  std::map<Dtype, Figure<FlopsPerSecond>> peak;  // dense peaks of the matrix units
  Figure<Bytes> memory;                          // capacity
  Figure<BytesPerSecond> memory_bandwidth;
  Figure<Bytes> l2;
  Figure<Watts> power_limit;  // TDP
  // Share of `memory` that a framework can allocate (context, NCCL buffers, fragmentation kept off).
  Figure<double> usable_memory;
  GemmConstants gemm;
  AttentionConstants attention;
  StreamingConstants streaming;
  // Standard deviation of log(measured / model) over kernels of training size kept out of the fit.
  Figure<double> residual_sd;
};

}  // namespace aifsim
