// How a job's ranks share the model, and whether a training description fits the job.
//
// Rank r is number r mod T of its tensor-parallel group and number r / T of the data-parallel ranks.
#pragma once
#include <cstdint>

#include "catalog/workload.hpp"

namespace aifsim {

struct Layout {
  std::int64_t tensor = 1;          // T: ranks that split each layer
  std::int64_t data = 1;            // data-parallel ranks: GPUs / T
  std::int64_t state_shards = 1;    // ranks that share one copy of the optimizer state
  std::int64_t replicas = 1;        // copies of the sharded state (hsdp) or of the parameters (ddp)
  bool parameters_sharded = false;  // gathered layer by layer (zero3, hsdp)
};

// Throws CannotAnswer, which names training.place and both numbers, when the tensor-parallel groups do not
// divide the job or the model, or when the sharding does not divide the data-parallel ranks: other GPU counts of
// a sweep may well be divided.
Layout layout_of(const ModelDescription& model, const TrainingDescription& training, std::int64_t gpus);

// Micro-steps per optimizer step: as given, or global_batch / (data-parallel ranks x micro_batch). Throws as
// layout_of does, and when that is no whole number.
std::int64_t micro_steps(const ModelDescription& model, const TrainingDescription& training,
                         std::int64_t gpus);

}  // namespace aifsim
