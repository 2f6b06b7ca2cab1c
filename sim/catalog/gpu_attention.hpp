// Constants of attention in a GPU model; sim/kernels/attention.hpp and decode.hpp have the equations.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Kernels of attention: by the format of the cache of keys and values, and apart for head sizes that the
// usual kernels do not take.
enum class AttentionFormat { bf16, fp8, bf16_other, fp8_other };

// Constants of attention over whole sequences (sim/kernels/attention.hpp).
struct AttentionConstants {
  Figure<double> forward_efficiency;  // e_f, of the dense peak less the softmax, long sequences
  Figure<double> tail;                // a, >= 0: tiles of full length that the last wave wastes
  Figure<Seconds> tile_time;          // t_b, >= 0: a tile however short
  Figure<double> memory_efficiency;   // e_m
  Figure<double> cache_gain;          // c, >= 1: bandwidth of the level-2 cache over that of the memory
  Figure<Seconds> memory_ramp;        // t_m, >= 0: per square root of a byte moved
  Figure<double> norm;                // p, >= 1: how sharply compute and memory meet
  Figure<Seconds> fixed_time;         // t0
  Figure<double> store_efficiency;    // e_k: of storing keys and values into the cache
  Figure<Seconds> token_time;         // t_q, >= 0: the same, per token
  Figure<Seconds> sequence_time;      // t_s, >= 0: scheduling, per sequence
  Figure<double> softmax_flops;       // x, >= 0: matrix FLOPs in the time of one exponential
  // Published figures, not fitted; 0 where there are none.
  Figure<double> backward_efficiency;  // e_b, as e_f in the backward pass, where no rows of it were measured
  Figure<double>
      flash2_forward_share;  // share of e_f that FlashAttention-2 reaches; 1 where it is the newest
  Figure<double> flash2_backward_share;  // share of e_b, the same
  // Where e_b, and the shares, were carried over from other GPUs: from whom, and the spread that comes on top
  // of the block's.
  FitInfo backward_fit, flash2_fit;
  // Of the kernel, not fitted.
  double tile_rows = 128;          // M: rows of queries of a tile
  bool packs_heads = false;        // queries of heads that share keys fill a tile together
  bool fp8_products = false;       // the products run in FP8
  std::vector<double> head_sizes;  // that it takes, where there is another kernel for the others; empty: all
  FitInfo fit;
};

// Constants of the backward pass where its kernels were measured (sim/kernels/attention.hpp); the tiles and
// the softmax are those of the 16-bit block. Without it (efficiency 0) the pass takes the forward block with
// its backward_efficiency.
struct AttentionBackward {
  Figure<double> efficiency;  // e_b
  Figure<double> tail;        // the others: as in the forward pass
  Figure<Seconds> tile_time;
  Figure<double> memory_efficiency;
  Figure<double> cache_gain;
  Figure<Seconds> memory_ramp;
  Figure<double> norm;
  Figure<Seconds> fixed_time;
  FitInfo fit;
};

// Constants of attention of one new token over a KV cache (sim/kernels/decode.hpp).
struct DecodeConstants {
  Figure<double> memory_efficiency;  // e_m, of the memory bandwidth, 0..1
  Figure<double> cache_gain;         // c, >= 1: bandwidth of the level-2 cache over that of the memory
  Figure<Seconds> memory_ramp;       // t_m, >= 0: per square root of a byte moved
  Figure<Seconds> fixed_time;        // t0
  Figure<Seconds> block_time;        // t_b, >= 0: a thread block however short
  Figure<Seconds> head_time;         // t_d, >= 0: a thread block, per 128 of head size
  Figure<Seconds> key_time;          // t_k, >= 0: a thread block, per key of 128 16-bit elements
  Figure<double> norm;               // p, >= 1: how sharply compute and memory meet
  Figure<Seconds> join_time;         // t_j, >= 0: joining the parts of a split cache
  Figure<Seconds> regroup_time;      // t_g, >= 0: bringing together the queries of heads that share keys
  Figure<Seconds> sequence_time;     // t_s, >= 0: scheduling, per sequence (and key-value head)
  // Of the kernel, not fitted.
  double tile_rows = 64;           // M: query heads that one thread block takes
  double split_keys = 128;         // N: keys of the smallest part of a split cache
  double most_splits = 128;        // parts of one cache at most
  double key_exponent = 1;         // q: how the time per key grows with the head size
  bool prepares_heads = false;     // sequence_time is for each key-value head of a sequence
  bool splits_lone_heads = true;   // false: caches of heads that share no keys are never split
  std::vector<double> head_sizes;  // that it takes, where there is another kernel for the others; empty: all
  FitInfo fit;
};

}  // namespace aifsim
