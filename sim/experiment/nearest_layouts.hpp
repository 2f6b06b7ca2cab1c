// What to change in a layout that does not fit in memory: those of the search's space (layout_space.hpp) that fit, with
// the fewest keys of `training` changed, of those the quickest for each choice of keys (level analytical); else one of
// more keys, with state in host memory where nothing else fits, else twice, four times ... the GPUs.
#pragma once
#include <string>

#include "factory/training_job.hpp"

namespace aifsim {

// "recompute full; micro_batch 2 and tensor_parallel 4": at most three of at most two keys, or one of more;
// "64 GPUs with ..."; "" where there is none.
std::string nearest_that_fit(const TrainingJob& job);

}  // namespace aifsim
