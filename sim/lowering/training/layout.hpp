// How a data-parallel job's ranks share the model state, and whether a training description fits the job.
#pragma once
#include <cstdint>

#include "catalog/workload.hpp"

namespace aifsim {

struct Layout {
  std::int64_t state_shards = 1;    // ranks that share one copy of the optimizer state
  std::int64_t replicas = 1;        // copies of the sharded state (hsdp) or of the parameters (ddp)
  bool parameters_sharded = false;  // gathered layer by layer (zero3, hsdp)
};

// Throws InputError at training.place when the sharding does not divide the job (naming both numbers).
Layout layout_of(const TrainingDescription& training, std::int64_t gpus);

}  // namespace aifsim
