#include "factory/placement_effect.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "machine/rank_order.hpp"

namespace aifsim {

void add_other_placements(FabricRun& run, const FabricInputs& inputs) {
  std::int64_t nodes = 0;
  for (const FabricJob& job : run.jobs) nodes += std::ssize(job.nodes);
  if (!rank_order_may_matter(inputs.platform->description, inputs.platform->topology, nodes)) return;
  using enum PlacementPolicy;
  const auto all_are = [&](auto... policies) {
    return std::all_of(inputs.jobs.begin(), inputs.jobs.end(), [&](const JobInputs& job) {
      return ((job.description.placement.policy == policies) || ...);
    });
  };
  int tried = 0;
  for (const PlacementPolicy policy : {contiguous, fragmented, random}) {
    if (all_are(policy) || (policy == contiguous && !all_are(random, fragmented)) || tried == 2) continue;
    FabricInputs others = inputs;
    for (JobInputs& job : others.jobs)
      job.description.placement = {.policy = policy, .nodes = {}, .place = job.description.placement.place};
    try {
      const std::vector<Seconds> steps = steps_on_fabric(others);
      for (std::size_t j = 0; j < steps.size(); ++j)
        if (steps[j].value > 0) run.jobs[j].other_placements.push_back({policy, steps[j]});
      ++tried;
    } catch (const CannotAnswer&) {
      // A layout that the machine holds only on certain nodes, such as groups inside a scale-up domain.
    }
  }
}

void add_other_hashes(FabricRun& run, const FabricInputs& inputs) {
  constexpr std::int64_t draws = 5;
  const PlatformDescription& own = inputs.platform->description;
  const bool several = std::any_of(run.jobs.begin(), run.jobs.end(),
                                   [](const FabricJob& job) { return job.nodes.size() > 1; });
  if (!several || inputs.platform->topology.parts().size() > 1 || routing_of(own.fabric) != Routing::ecmp)
    return;
  for (std::int64_t draw = 1; draw <= draws; ++draw) {
    PlatformDescription drawn = own;
    drawn.fabric.hash += draw;
    const std::int64_t hash = drawn.fabric.hash;
    const PlatformInstance platform(std::move(drawn), inputs.platform->gpu);
    FabricInputs others = inputs;
    others.platform = &platform;
    try {
      const std::vector<Seconds> steps = steps_on_fabric(others);
      for (std::size_t j = 0; j < steps.size(); ++j)
        if (steps[j].value > 0) run.jobs[j].other_hashes.push_back({hash, steps[j]});
    } catch (const CannotAnswer&) {
      return;
    }
  }
}

}  // namespace aifsim
