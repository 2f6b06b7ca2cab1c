// What DeepSpeed prints of its configuration, which stands in the logs of frameworks above it too.
#pragma once
#include "records/lines.hpp"

#include "records/training_run.hpp"

namespace aifsim::records {

// `[config.py:1000:print]   train_batch_size ............. 64` and the like. Tells `sharding`, `precision`,
// `global_batch`, `micro_batch` and, as "deepspeed.world_size", the data-parallel ranks.
void take_deepspeed_facts(const Lines& lines, TrainingRun& run);

}  // namespace aifsim::records
