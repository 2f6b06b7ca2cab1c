// What DeepSpeed prints of its configuration, which stands in the logs of frameworks above it too.
#pragma once
#include <string_view>

#include "records/training_run.hpp"

namespace aifsim::records {

// `[config.py:1000:print]   train_batch_size ............. 64` and the like. Tells `sharding`, `precision`,
// `global_batch`, `micro_batch` and, as "deepspeed.world_size", the data-parallel ranks.
void take_deepspeed_facts(std::string_view line, TrainingRun& run);

}  // namespace aifsim::records
