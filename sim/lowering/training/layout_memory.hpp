// Peak memory of a layout without its program: what peak_memory(lower_training(...)) answers, in microseconds, for
// searches over many layouts.
#pragma once
#include <cstdint>

#include "catalog/stack.hpp"
#include "catalog/workload.hpp"
#include "program/memory.hpp"

namespace aifsim {

// Of the stage that needs most. Throws as lower_training does.
MemoryAccount layout_memory(const ModelDescription& model, const TrainingDescription& training,
                            const StackDescription& stack, std::int64_t gpus);

// Activations that stay between the forward and the backward passes, of a GPU of the stage that keeps most; where they
// are offloaded, elsewhere.
Bytes kept_activations(const ModelDescription& model, const TrainingDescription& training,
                       const StackDescription& stack, std::int64_t gpus);

}  // namespace aifsim
