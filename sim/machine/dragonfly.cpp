// Dragonfly+ (Shpiner et al., "Dragonfly+: Low cost topology for scaling datacenters", HiPINEB 2017): cells
// of leaf and spine switches; every leaf has one link to every spine of its cell, and every two cells are
// joined by links between their spines. Leaf trunk: spine_switches links.
//
// Dragonfly (Kim et al., "Technology-driven, highly-scalable dragonfly topology", ISCA 2008; HPE Slingshot):
// the switches of a group are all joined, and so are all groups. Leaf trunk: the switch's links to the
// others of its group. A route inside a group is one hop, between groups three: the middle one carries two
// hops' latency. Groups of other partitions (nodes: 0) hold links, but no node of the machine.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/groups.hpp"

namespace aifsim {
namespace {

// The first node of each leaf, where all have as many, and the end.
std::vector<std::int64_t> begins(std::int64_t nodes, std::int64_t per_leaf) {
  std::vector<std::int64_t> at;
  for (std::int64_t first = 0; first < nodes; first += per_leaf) at.push_back(first);
  at.push_back(nodes);
  return at;
}

AlikeGroups shape_of(const CellGroup& cells, std::int64_t spines) {
  AlikeGroups shape{
      whole(cells.count, "count", 1), whole(cells.leaf_switches, "leaf_switches", 1), {}, 1, spines};
  if (cells.nodes_on_leaves.empty()) {
    const std::int64_t per_leaf = whole(cells.nodes_per_leaf, "nodes_per_leaf", 1);
    shape.leaf_begins = begins(shape.leaves * per_leaf, per_leaf);
  } else {
    shape.leaf_begins = {0};
    for (const double nodes : cells.nodes_on_leaves)
      shape.leaf_begins.push_back(shape.leaf_begins.back() + static_cast<std::int64_t>(nodes));
  }
  return shape;
}

// Of nodes in these places; of the machine's where none stands there.
std::int64_t nics_at(const FabricPorts& ports, std::int64_t first, std::int64_t places) {
  std::int64_t most = 0;
  for (const FabricPorts::Row& row : ports.rows)
    if (row.first < first + places && first < row.first + row.nodes) most = std::max(most, row.nics);
  return most > 0 ? most : ports.nics_per_node;
}

// The groups whose first place is `first`.
AlikeGroups shape_of(const DragonflyGroups& groups, const DragonflyDescription& dragonfly,
                     const FabricPorts& ports, std::int64_t first) {
  const std::int64_t switches = whole(groups.switches, "switches", 1);
  const std::int64_t per_switch = whole(groups.nodes_per_switch, "nodes_per_switch", 1);
  const std::int64_t count = whole(groups.count, "count", 1), nodes = whole(groups.nodes, "nodes", 0);
  AlikeGroups shape{count, switches, begins(nodes, per_switch),
                    dragonfly.spread_nics ? nics_at(ports, first, count * nodes) : 1,
                    (switches - 1) * whole(dragonfly.local_links, "local_links", 1)};
  const std::int64_t needed = (std::ssize(shape.leaf_begins) - 1) * shape.set;
  if (needed > switches)
    throw InputError(groups.place,
                     fmt::format("{}: {} nodes, {} to a switch, need {} switches per group; found {}",
                                 groups.name, *groups.nodes, per_switch, needed, switches));
  return shape;
}

}  // namespace

std::unique_ptr<Fabric> build_fabric(const DragonflyPlusDescription& description, const FabricPorts& ports) {
  GroupsSpec spec;
  const std::int64_t spines = whole(description.spine_switches, "spine_switches", 1);
  std::int64_t cells = 0;
  for (const CellGroup& group : description.cells) {
    spec.shapes.push_back(shape_of(group, spines));
    cells += spec.shapes.back().count;
  }
  const std::int64_t global = cells > 1 ? whole(description.global_links, "global_links", 1) : 0;
  spec.global_links = [global](std::size_t, std::size_t) { return global; };
  spec.leaf_bandwidth = *description.leaf_spine_bandwidth;
  spec.global_bandwidth = *description.global_bandwidth;
  spec.up = spec.across = spec.down = ports.hop_latency;
  spec.group_word = "cell";
  spec.leaf_word = "leaf";
  return build_groups(std::move(spec), ports);
}

std::unique_ptr<Fabric> build_fabric(const DragonflyDescription& description, const FabricPorts& ports) {
  GroupsSpec spec;
  std::int64_t places = 0;
  for (const DragonflyGroups& group : description.groups) {
    spec.shapes.push_back(shape_of(group, description, ports, places));
    places += spec.shapes.back().count * spec.shapes.back().leaf_begins.back();
  }
  std::vector<std::vector<std::int64_t>> links(description.groups.size(),
                                               std::vector<std::int64_t>(description.groups.size(), 0));
  const auto index = [&](const std::string& name) {
    const auto at = std::find_if(description.groups.begin(), description.groups.end(),
                                 [&](const DragonflyGroups& g) { return g.name == name; });
    return static_cast<std::size_t>(at - description.groups.begin());
  };
  for (const GlobalLinks& pair : description.global_links) {
    const std::size_t a = index(pair.from), b = index(pair.to);
    links[a][b] = links[b][a] = whole(pair.links, "links", 1);
  }
  spec.global_links = [links = std::move(links)](std::size_t a, std::size_t b) { return links[a][b]; };
  spec.leaf_bandwidth = *description.local_bandwidth;
  spec.global_bandwidth = *description.global_bandwidth;
  spec.up = ports.hop_latency;
  spec.across = ports.hop_latency * 2.0;
  spec.direct = true;
  spec.group_word = "group";
  spec.leaf_word = "switch";
  return build_groups(std::move(spec), ports);
}

}  // namespace aifsim
