// Where it can matter which nodes a job gets, and which of them its ranks take first.
#pragma once
#include <cstdint>

#include "catalog/platform.hpp"
#include "machine/topology.hpp"

namespace aifsim {

// False only where every node sees the same network from any place: one node, one switch, or a tree without
// taper whose links are spread over ideally. True of tapered trees, hashed or static routing, groups, lattices,
// circuits, graphs, sites, and of scale-up domains of several nodes.
bool rank_order_may_matter(const PlatformDescription& platform, const Topology& machine, std::int64_t nodes);

}  // namespace aifsim
