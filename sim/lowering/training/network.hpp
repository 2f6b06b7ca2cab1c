// Blocks of a network as kernels: what a layer computes, moves, holds and keeps for its backward pass.
//
//   linear        2 P i o FLOPs forward, a product of B P rows; twice that backward
//   convolution   2 P i o t / g FLOPs: the product of B P rows, i t / g deep, that it is on matrix units (implicit GEMM,
//                 Chetlur et al. 2014, arXiv:1410.0759), whose input comes from memory once: each element is used by
//                 the t / s^d windows over it. Where each channel stands alone (g = i) memory alone bounds it
//   attention     4 P k h d FLOPs for k keys, causal or not, as MFU counts them
//   product       2 m n k FLOPs each, twice that backward
//   norm, activation, add, copy, embedding, loss: reads and writes of whole tensors
//
//   B samples of a micro-batch   P positions   i, o channels   t taps of the window   g groups   s stride   d its sides
//   h heads of d
//
// Convolutions and products of activations stay in 16 bit under a recipe. Each layer keeps its input for its backward
// pass; attention keeps queries, keys and values. Left out: the saving of a first layer, which needs no gradient of
// its input.
#pragma once
#include <cstdint>
#include <vector>

#include "catalog/network.hpp"
#include "catalog/stack.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/part.hpp"

namespace aifsim {

// A layer that is no transformer, at so many positions; `times` of them alike.
struct NetworkStep {
  NetworkOp op;
  std::int64_t positions = 1, times = 1;
};
std::vector<NetworkStep> steps_of(const NetworkBlock& block);

// Of one block.
struct BlockSize {
  double parameters = 0;  // without tables that ranks share out
  double matrices = 0;    // of linear layers
  double tables = 0;      // parameters of those
  double table_rows = 0;
  double flops = 0;  // of a sample, forward, all passes
};
BlockSize size_of(const NetworkBlock& block);
double parameters_of(const NetworkDescription& network);    // tables too
Flops forward_flops(const NetworkDescription& network);     // of a sample
Flops training_flops(const NetworkDescription& network);    // three times that; once for what is frozen
std::int64_t blocks_of(const NetworkDescription& network);  // with repeats
bool shares_tables_out(const NetworkDescription& network);

// One block for a micro-batch, all passes.
std::vector<Part> block_forward(const NetworkBlock& block, const TrainingDescription& training,
                                const Casts& casts);
std::vector<Part> block_backward(const NetworkBlock& block, const TrainingDescription& training);
// Activations from its forward to its backward pass.
Bytes kept_of_block(const NetworkBlock& block, const TrainingDescription& training,
                    const StackDescription& stack, bool recomputed);

// As lower_training (lower.hpp): data-parallel ranks, which may share parameters, gradients and optimizer.
std::vector<Stream> network_streams(const NetworkDescription& network, const TrainingDescription& training,
                                    const StackDescription& stack, const Layout& layout,
                                    std::int64_t micro_steps, std::size_t& events);

}  // namespace aifsim
