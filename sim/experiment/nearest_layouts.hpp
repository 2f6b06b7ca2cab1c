// What to change in a layout that does not fit in memory: those of the search's space (layout_space.hpp) that fit, with
// the fewest keys of `training` changed, of those the ones that a step takes least in.
#pragma once
#include <string>

#include "factory/training_job.hpp"

namespace aifsim {

// "recompute full; micro_batch 2 and tensor_parallel 4": at most three, of at most two keys; "" where there is none.
std::string nearest_that_fit(const TrainingJob& job);

}  // namespace aifsim
