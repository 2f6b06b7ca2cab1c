// Constants of layer operations and expert layers in a GPU model; sim/kernels/streaming.hpp and experts.hpp
// have the equations.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Constants of operations bound by memory (sim/kernels/streaming.hpp): shares of the memory bandwidth that
// their kernels reach on long tensors.
struct StreamingConstants {
  Figure<double> memory_efficiency;  // add, cross-entropy, optimizer, copy
  Figure<double> norm_efficiency;
  Figure<double> activation_efficiency;
  Figure<double> embedding_efficiency;
  Figure<double> cache_saving;  // share of the time that bytes within the L2 save, 0..1
  Figure<Seconds> fixed_time;
  FitInfo fit;
};

// Number formats of a fused expert layer: weights and activations; fp8_block has one scale per 128 x 128
// block.
enum class ExpertFormat { bf16, fp8, fp8_block, fp4 };

// Constants of a fused expert layer (sim/kernels/experts.hpp).
struct ExpertConstants {
  Figure<double> compute_efficiency;
  Figure<double> memory_efficiency;
  Figure<Seconds> fixed_time;
  FitInfo fit;
};

// What the host spends on each kernel, by software style, and the link to it.
struct HostConstants {
  Figure<Seconds> eager_launch;     // a framework's eager mode: Python, dispatcher, launch
  Figure<Seconds> compiled_launch;  // compiled code that launches each kernel
  Figure<Seconds> graph_launch;     // per kernel of a CUDA graph
};

}  // namespace aifsim
