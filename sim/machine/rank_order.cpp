#include "machine/rank_order.hpp"

#include <algorithm>

namespace aifsim {
namespace {

struct Tapered {
  const PlatformDescription& platform;

  bool operator()(const FatTreeDescription& tree) const {
    return std::any_of(tree.levels.begin(), tree.levels.end(),
                       [](const FatTreeLevel& level) { return *level.oversubscription > 1; });
  }
  bool operator()(const LeafSpineDescription& f) const {
    const double below = *f.nodes_per_leaf * *platform.node.nics * platform.fabric.injection->value;
    return below > *f.spine_switches * *f.spine_links * f.spine_bandwidth->value;
  }
  bool operator()(const RailTreeDescription& f) const { return *f.oversubscription > 1; }
  bool operator()(const MultiPlaneDescription& f) const { return *f.oversubscription > 1; }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

}  // namespace

bool rank_order_may_matter(const PlatformDescription& platform, const Topology& machine, std::int64_t nodes) {
  if (nodes < 2) return false;
  if (machine.nodes_per_domain() > 1 && machine.nodes() > machine.nodes_per_domain()) return true;
  if (machine.leaf_of(0) == machine.leaf_of(machine.nodes() - 1) && machine.fabric().switches() <= 1)
    return false;
  return *platform.fabric.efficiency < 1 || routing_of(platform.fabric) != Routing::adaptive ||
         std::visit(Tapered{platform}, platform.fabric.topology);
}

}  // namespace aifsim
