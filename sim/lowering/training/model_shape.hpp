// Sizes that follow from a model's architecture: parameters, FLOPs, kernels of a layer.
#pragma once
#include <cstdint>
#include <vector>

#include "base/units.hpp"
#include "catalog/workload.hpp"
#include "program/program.hpp"

namespace aifsim {

std::int64_t layer_parameters(const ModelDescription& model);
// Everything outside the layers: token and learned position embeddings, final norm, output head.
std::int64_t root_parameters(const ModelDescription& model, std::int64_t sequence);
std::int64_t total_parameters(const ModelDescription& model, std::int64_t sequence);

// Model FLOPs of one sequence, forward and backward, as MFU counts them (Chowdhery et al. 2022, PaLM,
// appendix B): 6 per token and matrix parameter (output head included, look-ups not) plus 12*L*h*s per token
// for attention without the causal saving; recompute is not counted.
Flops model_flops(const ModelDescription& model, std::int64_t sequence);

// Kernels, in order, of one layer and of what stands outside the layers, for a micro-batch.
std::vector<Kernel> layer_forward(const ModelDescription& model, const TrainingDescription& training);
std::vector<Kernel> layer_backward(const ModelDescription& model, const TrainingDescription& training);
std::vector<Kernel> embedding_forward(const ModelDescription& model, const TrainingDescription& training);
std::vector<Kernel> embedding_backward(const ModelDescription& model, const TrainingDescription& training);
std::vector<Kernel> head_forward(const ModelDescription& model, const TrainingDescription& training);
std::vector<Kernel> head_backward(const ModelDescription& model, const TrainingDescription& training);
// Adds a micro-step's gradients of this many parameters to the fp32 sum.
std::vector<Kernel> accumulate_gradients(const TrainingDescription& training, double parameters);
// The optimizer over this many parameters with fp32 state.
std::vector<Kernel> optimizer_step(OptimizerKind optimizer, double parameters);

}  // namespace aifsim
