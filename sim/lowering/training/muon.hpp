// Muon's update of a matrix: the average of its gradients, made orthogonal by Newton and Schulz's iteration.
//
//   five times   A = X X^T,  B = b A + c A^2,  X <- a X + B X        X of r x c, r <= c: 4 r^2 c + 2 r^3 operations
//
// Ranks that share the optimizer's state deal its matrices out whole, the largest first, so that the busiest has each
// S-th of them, and holds what it needs for them; where no rank shares it, each does all. What full sharding has cut (zero3, hsdp) is exchanged for whole
// matrices before it and back behind it, in the format of compute.
//
//   S  ranks that share the state, of experts' matrices those that hold the same ones
//
// Assumption: products in the format of compute (bf16). A rank's part of a matrix that tensor parallelism splits is made
// orthogonal by itself, what is held side by side (queries, keys and values; gate and up) at once, as Megatron-LM does.
// Source: Jordan et al. 2024 (Muon); Liu et al. 2025 (Muon is Scalable for LLM Training, arXiv:2502.16982); Megatron-LM
// (muon_tp_mode blockwise, its layer-wise distributed optimizer); Ahn et al. 2025 (Dion, arXiv:2504.05295) for the
// exchanges under full sharding.
#pragma once
#include <optional>

#include "lowering/training/emitter.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/memory.hpp"

namespace aifsim {

// Elements of matrices that a rank with most of them updates; full sharding leaves each rank its cut.
std::optional<double> dealt_out(const ModelShare& model, const TrainingDescription& training,
                                const Layout& layout, const StageContent& content);
void orthogonalise(Emitter& out, const ModelShare& model, const TrainingDescription& training,
                   const Layout& layout, const StageContent& content);

}  // namespace aifsim
