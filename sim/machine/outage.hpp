// Links of a machine that are down, and the ways around them.
#pragma once
#include <map>
#include <unordered_set>

#include "machine/shortest_paths.hpp"
#include "machine/topology.hpp"

namespace aifsim {

struct Topology::Outage {
  std::unordered_set<LinkId> nodes;            // links of nodes that are down
  std::map<std::int64_t, NodeWiring> wirings;  // of the nodes whose wiring has lost links, by their place
  ShortestPaths paths;                         // through the fabric
};

}  // namespace aifsim
