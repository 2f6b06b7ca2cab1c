#include "factory/placement_effect.hpp"

#include "base/error.hpp"
#include "machine/rank_order.hpp"

namespace aifsim {

std::vector<PlacementTime> other_placements(const TrainingJob& job, Fidelity fidelity) {
  const Topology& machine = job.platform->topology;
  const std::int64_t nodes = job.gpus / machine.gpus_per_node();
  if (!rank_order_may_matter(job.platform->description, machine, nodes)) return {};
  std::vector<PlacementTime> times;
  for (const PlacementPolicy policy :
       {PlacementPolicy::contiguous, PlacementPolicy::fragmented, PlacementPolicy::random}) {
    if (policy == job.placement.policy) continue;
    if (times.size() == 2) break;
    if (policy == PlacementPolicy::contiguous && job.placement.policy != PlacementPolicy::random &&
        job.placement.policy != PlacementPolicy::fragmented)
      continue;
    TrainingJob other = job;
    other.placement = {policy, {}, job.placement.place};
    try {
      times.push_back({policy, run_training(other, fidelity).timeline.duration});
    } catch (const CannotAnswer&) {
      // A layout that the machine holds only on certain nodes, such as groups inside a scale-up domain.
    }
  }
  return times;
}

}  // namespace aifsim
