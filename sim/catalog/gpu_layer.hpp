// Constants of layer operations and expert layers in a GPU model; sim/kernels/streaming.hpp and experts.hpp
// have the equations.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Operations bound by memory traffic.
enum class StreamKind {
  norm,
  activation,
  rotary,
  add,
  embedding,
  softmax,
  cross_entropy,
  optimizer,
  quantise,
  copy
};

// Constants of one kind of operation bound by memory (sim/kernels/streaming.hpp).
struct StreamingConstants {
  Figure<double> efficiency;    // e, of the memory bandwidth, long tensors
  Figure<double> cache_saving;  // c: share of the time that a tensor in the level-2 cache saves, 0..1
  Figure<double> cache_reach;   // l: tensor of which half is saved, over the level-2 cache
  Figure<Seconds> fixed_time;   // t0
  Figure<double> norm;          // p, >= 1: how sharply launch and traffic meet; 1 adds them
  FitInfo fit;
};

// Number formats of a fused expert layer: weights and activations; fp8_block has one scale per 128 x 128
// block.
enum class ExpertFormat { bf16, fp8, fp8_block, fp4 };

// Constants of a fused expert layer (sim/kernels/experts.hpp).
struct ExpertConstants {
  Figure<double> compute_efficiency;  // e_c, of the dense peak, many tokens per expert
  Figure<Seconds> tile_time;          // t_b, >= 0: a tile of the products however short
  Figure<double> memory_efficiency;   // e_m, of the memory bandwidth, reading weights
  Figure<double> cache_gain;          // c, >= 1: bandwidth of the level-2 cache over that of the memory
  Figure<Seconds> memory_ramp;        // t_m, >= 0: per square root of a byte of weights
  Figure<double> norm;                // p, >= 1: how sharply compute and memory meet
  Figure<Seconds> fixed_time;         // t0
  Figure<Seconds> expert_time;        // t_e, >= 0: sorting, per expert of the model
  Figure<double> local_efficiency;    // e_l: of moving activations of the device's own experts
  Figure<double>
      token_efficiency;      // e_t: of passes over all tokens, wherever their experts are; may exceed 1
  Figure<double> averaging;  // g, >= 0: how fast more experts per device even out its load
  Figure<double> odd_time;   // o, >= 1: time over that of usual widths, where 16 does not divide the width
  double tile_rows = 64;     // M: rows of the largest tile; of the kernel, not fitted
  FitInfo fit;
};

// What the host spends on each kernel, by software style, and the link to it.
struct HostConstants {
  Figure<Seconds> eager_launch;     // a framework's eager mode: Python, dispatcher, launch
  Figure<Seconds> compiled_launch;  // compiled code that launches each kernel
  Figure<Seconds> graph_launch;     // per kernel of a CUDA graph
  // 0 where there is no figure.
  Figure<BytesPerSecond> link_bandwidth;  // of the link to the host, one direction, as the datasheet says
  Figure<double> link_efficiency{
      0.85, {}, Confidence::assumed, {}};  // share of it that long copies from pinned memory reach
  Figure<double> pageable_share;           // share of that which copies from pageable memory reach
  Figure<Seconds> copy_time;               // of the smallest copy
  Figure<BytesPerSecond> peer_bandwidth;   // to another device of the node, one direction
};

}  // namespace aifsim
