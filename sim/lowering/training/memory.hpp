// Memory per GPU of a stage of a training job.
//
//   parameters   4 P/S  (fp32 copy that the optimizer updates; S: ranks that share it) + e P/S' (compute copy), where
//                compute is in 32 bits that copy alone; others as optimizer_state.hpp says
//   gradients    4 P/S, or 4 P where gradients are not sharded (what is reduced, where products add them up themselves)
//   optimizer    8 P/S  AdamW, 4 P/S SGD with momentum; others and narrower averages as optimizer_state.hpp says
//   activations  of each layer, from its forward to its backward pass: c e n h without recompute, e n h with (per_op.hpp
//                says what recompute by operation keeps); plus the logits in e and twice in fp32 where the head is, and
//                where layers or parts of them are recomputed what they keep of one layer
//   FSDP in a pipeline keeps e P gathered beside the rank's part, and adds gradients up in g P before they are 4 P/S
//   buffers      what FSDP holds gathered: 2 layers' parameters, one layer's gradients, both of embedding and head (where
//                a stack gathers them apart, of the larger one); under a recipe (precision.hpp) weights cast in both
//                layouts, of all layers or, where recompute and sharding let them go, of one; what replicas reduce
//                through, and what libraries hold (the stack says)
//
// P parameters of the rank: of the stage's layers, its share where tensor-parallel groups split them (experts: shared
// out over expert-parallel ranks, S those that hold the same ones), n tokens of a micro-batch on the rank, h hidden,
// e bytes of the compute dtype, c activations kept per layer in units of n h (counted from the kernels: what backward
// reads; under a recipe the inputs of products are kept in the narrow format; with sequence parallelism what stands
// between products is a share). Where adapters alone are trained, gradients and optimizer are theirs, and the weights
// are held once, in e.
// Assumption: eager PyTorch, no dropout, flash attention (plain attention adds the scores). Source: Rajbhandari et
// al. 2020 (ZeRO) for the state; Korthikanti et al. 2022 for counting activations.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "base/units.hpp"
#include "catalog/stack.hpp"
#include "catalog/workload.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/optimizer_state.hpp"

namespace aifsim {

// A stage's part of the model.
struct StageContent {
  std::int64_t dense = 0, expert = 0;  // layers of each kind
  bool embedding = false, head = false;
};

struct StageParameters {
  double dense = 0;                              // that data-parallel ranks share: all but experts
  double expert = 0;                             // of experts
  double trained_dense = 0, trained_expert = 0;  // with gradients
  double narrow = 0;                             // of linear layers, held as frozen weights are
  double linear = 0;                             // of linear layers, experts with them
  std::optional<double>
      dealt;  // of these, what a rank with most updates where they are dealt out whole (muon.hpp)
};
// Of them, what a rank updates: its share where the optimizer's state is sharded.
Updated updated_of(const StageParameters& parameters, const Layout& layout);
StageParameters parameters_of(const ModelShare& model, const TrainingDescription& training,
                              const Layout& layout, const StageContent& content);

// What the program of a stage holds on each GPU; its peak is that of the sum above.
struct TrainingMemory {
  Bytes parameters, gradients, optimizer, buffers;  // from the first step to the last
  Bytes logits;      // activations: from the head's forward to its backward pass
  Bytes recomputed;  // activations: of one layer, during a backward pass
};
// Without logits and activations: `layer`, `root`: parameters of the largest layer, and of what stands outside them.
struct LayerSizes {
  double layer = 0, root = 0, narrow = 0;  // narrow: part of the layer that is held as frozen weights are
  std::int64_t layers = 0, of_stage = 0;
};
TrainingMemory state_memory(const StageParameters& parameters, const LayerSizes& sizes,
                            const TrainingDescription& training, const StackDescription& stack,
                            const Layout& layout);
TrainingMemory training_memory(const ModelShare& model, const TrainingDescription& training,
                               const StackDescription& stack, const Layout& layout,
                               const StageContent& content);

// A layer's parameters as they are held for compute, and gathered where they are shared.
double held_bytes(const ModelShare& model, const TrainingDescription& training, LayerKind kind);
double gathered_bytes(const ModelShare& model, const TrainingDescription& training,
                      const StackDescription& stack, LayerKind kind);  // without experts
double gathered_expert_bytes(const ModelShare& model, const TrainingDescription& training,
                             const StackDescription& stack, LayerKind kind);

// Activations, from a layer's forward pass to its backward pass.
Bytes kept_per_layer(const ModelShare& model, const TrainingDescription& training,
                     const StackDescription& stack, LayerKind kind, bool recomputed);

}  // namespace aifsim
