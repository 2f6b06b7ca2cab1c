// Sizes that follow from a model's architecture: parameters, FLOPs, kernels of a layer.
//
// Tensor parallelism (Shoeybi et al. 2019, Megatron-LM, arXiv:1909.08053): of T ranks, each holds heads / T,
// ffn_hidden / T and vocabulary / T columns or rows of the matrices, all of the norms, and sees every token.
// After each row-parallel product (attention's output, the MLP's second) the ranks sum an activation of width
// `hidden`; in the backward pass after the gradient of each column-parallel product's input, while the
// gradient of its weights is computed. The embedding and the head are split over the vocabulary. Left out:
// the scalars that a split cross-entropy exchanges (8 bytes per token), sequence parallelism.
#pragma once
#include <cstdint>
#include <vector>

#include "base/units.hpp"
#include "catalog/workload.hpp"
#include "program/program.hpp"

namespace aifsim {

// What one rank of a tensor-parallel group holds of a model; all of it in a group of one.
struct ModelShare {
  ModelShare(const ModelDescription& model, std::int64_t tensor_parallel = 1);

  std::int64_t layers, hidden, head_dim;
  std::int64_t heads, kv_heads, ffn_hidden, vocabulary;  // this rank's
  Mlp mlp;
  NormKind norm;
  PositionEncoding position;
  bool tied_embeddings;
};

// Kernels in order, then, where `sums`, a sum over the tensor-parallel group of one activation of width
// `hidden`, which the next part needs; `overlapped` runs meanwhile.
struct Part {
  std::vector<Kernel> kernels;
  bool sums = false;
  std::vector<Kernel> overlapped = {};
};

// Layouts, rows and columns, in which a recipe's forward pass casts its inputs and its weights (precision.hpp);
// 0: those of an earlier pass are kept.
struct Casts {
  std::int64_t inputs = 2, weights = 2;
};

std::int64_t layer_matrices(const ModelShare& model);  // parameters of its products, without biases and norms
std::int64_t layer_parameters(const ModelShare& model);
// Everything outside the layers: token and learned position embeddings, final norm, output head.
std::int64_t root_parameters(const ModelShare& model, std::int64_t sequence);
std::int64_t total_parameters(const ModelShare& model, std::int64_t sequence);

// Model FLOPs of one sequence, forward and backward, as MFU counts them (Chowdhery et al. 2022, PaLM,
// appendix B): 6 per token and matrix parameter (output head included, look-ups not) plus 12*L*h*s per token
// for attention without the causal saving; recompute is not counted.
Flops model_flops(const ModelDescription& model, std::int64_t sequence);

// One layer and what stands outside the layers, for a micro-batch.
std::vector<Part> layer_forward(const ModelShare& model, const TrainingDescription& training,
                                const Casts& casts = {});
std::vector<Part> layer_backward(const ModelShare& model, const TrainingDescription& training,
                                 const Casts& recomputing = {});
std::vector<Part> embedding_forward(const ModelShare& model, const TrainingDescription& training);
std::vector<Part> embedding_backward(const ModelShare& model, const TrainingDescription& training);
std::vector<Part> head_forward(const ModelShare& model, const TrainingDescription& training);
std::vector<Part> head_backward(const ModelShare& model, const TrainingDescription& training);
// Adds a micro-step's gradients of this many parameters to the fp32 sum.
std::vector<Kernel> accumulate_gradients(const TrainingDescription& training, double parameters);
// The optimizer over this many parameters with fp32 state.
std::vector<Kernel> optimizer_step(OptimizerKind optimizer, double parameters);

}  // namespace aifsim
