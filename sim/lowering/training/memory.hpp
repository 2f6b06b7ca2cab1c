// Memory per GPU of a training job.
//
//   parameters   4 P/S  (fp32 copy that the optimizer updates; S: ranks that share it) + e P/S' (compute copy)
//   gradients    4 P/S, or 4 P where gradients are not sharded
//   optimizer    8 P/S  AdamW, 4 P/S SGD with momentum
//   activations  L * c * e * b*s*h without recompute, L * e * b*s*h + one layer's with; plus the logits in e and
//                twice in fp32
//   buffers      what FSDP holds gathered: 2 layers' parameters, one layer's gradients, the root's both; under a
//                recipe (precision.hpp) weights cast in both layouts, of all layers or, where recompute and sharding
//                let them go, of one
//
// P parameters of the rank: its share where tensor-parallel groups split the layers, L layers, b micro-batch,
// s sequence, h hidden, e bytes of the compute dtype, c activations kept per layer in units of b*s*h (counted
// from the kernels: what backward reads; under a recipe the inputs of products are kept in the narrow format).
// Assumption: eager PyTorch, no dropout, flash attention (plain attention adds the scores). Source: Rajbhandari et
// al. 2020 (ZeRO) for the state; Korthikanti et al. 2022 for counting activations.
#pragma once
#include <cstdint>

#include "base/units.hpp"
#include "catalog/stack.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

// What the program of a job holds on each GPU; its peak is that of the sum above.
struct TrainingMemory {
  Bytes parameters, gradients, optimizer, buffers;  // from the first step to the last
  Bytes kept_per_layer;  // activations: from a layer's forward pass to its backward pass
  Bytes working;         // activations: logits, and where they are recomputed those of one layer
};

TrainingMemory training_memory(const ModelDescription& model, const TrainingDescription& training,
                               const StackDescription& stack, std::int64_t gpus);

}  // namespace aifsim
