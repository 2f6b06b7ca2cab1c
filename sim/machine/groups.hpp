// Fabrics of groups: leaf switches that meet inside a group, and groups that are all joined. Dragonfly and
// Dragonfly+ are two descriptions of it.
//
//   leaf trunk   links of one leaf towards the rest of its group, up and down
//   group trunk  links of an ordered pair of groups
//
// Routes are minimal: leaf up, group to group where the groups differ, leaf down. The middle of a group is
// one vertex, so a route names no spine and no switch that holds the cable to another group.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "machine/fabric.hpp"

namespace aifsim {

// Groups of one shape, which follow each other.
struct AlikeGroups {
  std::int64_t count = 0;
  std::int64_t leaves = 0;                // per group
  std::vector<std::int64_t> leaf_begins;  // first node of each leaf, or set of leaves, and the end
  std::int64_t set = 1;                   // leaves of a node's set: NIC i is at leaf i modulo this
  std::int64_t leaf_links = 0;            // 0: the leaf is the whole group
};

struct GroupsSpec {
  std::vector<AlikeGroups> shapes;
  BytesPerSecond leaf_bandwidth, global_bandwidth;  // of each link
  // Links of a pair of groups, by their shapes.
  std::function<std::int64_t(std::size_t, std::size_t)> global_links;
  Seconds up, across, down;  // latencies of the three stages
  // Links of a leaf lead each to one other leaf: inside a group, routes that name links take the direct one.
  bool direct = false;
  std::string group_word, leaf_word;  // "cell", "leaf"
};

std::unique_ptr<Fabric> build_groups(GroupsSpec spec, const FabricPorts& ports);

}  // namespace aifsim
