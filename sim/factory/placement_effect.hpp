// What a step would take on other nodes of the same machine: a contiguous job in rank order hides a tapered
// fabric, since the rings of its collectives cross each switch's uplinks once.
#pragma once
#include <vector>

#include "factory/training_job.hpp"

namespace aifsim {

struct PlacementTime {
  PlacementPolicy policy = PlacementPolicy::contiguous;
  Seconds step_time;
};

// Of the policies contiguous, fragmented and random those that the job does not have itself, each simulated
// once with the job's seed; none where rank_order_may_matter says no. Costs two further runs of the job.
std::vector<PlacementTime> other_placements(const TrainingJob& job, Fidelity fidelity);

}  // namespace aifsim
