// What must hold between the fields of a fabric.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim {

BytesPerSecond throughput(const WanLink& link) {
  return std::min(*link.rate, *link.window * *link.streams / *link.round_trip);
}

Routing routing_of(const FabricDescription& fabric) {
  if (fabric.routing != Routing::usual) return fabric.routing;
  const bool hashed = std::holds_alternative<LeafSpineDescription>(fabric.topology) ||
                      std::holds_alternative<GraphDescription>(fabric.topology);
  return hashed ? Routing::ecmp : Routing::adaptive;
}

namespace {

double places(const FatTreeDescription& tree) { return tree.levels.back().nodes; }
double places(const LeafSpineDescription& fabric) { return fabric.leaf_switches * fabric.nodes_per_leaf; }
double places(const RailTreeDescription& fabric) { return fabric.units * fabric.nodes_per_unit; }
double places(const MultiPlaneDescription& fabric) { return fabric.leaf_switches * fabric.nodes_per_leaf; }
double places(const DragonflyPlusDescription& dragonfly) {
  double sum = 0;
  for (const CellGroup& group : dragonfly.cells)
    sum += group.count * (group.nodes_on_leaves.empty() ? group.leaf_switches * group.nodes_per_leaf
                                                        : std::accumulate(group.nodes_on_leaves.begin(),
                                                                          group.nodes_on_leaves.end(), 0.0));
  return sum;
}
double places(const DragonflyDescription& dragonfly) {
  double sum = 0;
  for (const DragonflyGroups& group : dragonfly.groups) sum += group.count * group.nodes;
  return sum;
}
double places(const LatticeDescription& lattice) {
  return std::accumulate(lattice.sizes.begin(), lattice.sizes.end(), 1.0, std::multiplies<>{}) *
         lattice.nodes_per_switch;
}
double places(const OpticalDescription& fabric) { return fabric.blocks * fabric.nodes_per_block; }
// Of the NIC that finds the fewest.
double places(const GraphDescription& graph, double nics) {
  double fewest = 0;
  for (double nic = 0; nic < nics; ++nic) {
    double sum = 0;
    for (const GraphSwitch& at : graph.switches)
      if (at.nics.empty() || std::find(at.nics.begin(), at.nics.end(), nic) != at.nics.end()) sum += at.nodes;
    fewest = nic == 0 ? sum : std::min(fewest, sum);
  }
  return fewest;
}
double places(const SitesDescription& fabric) {
  double sum = 0;
  for (const SiteDescription& site : fabric.sites) sum += site.nodes;
  return sum;
}
double places(const JoinedDescription& joined) {
  double sum = 0;
  for (const JoinedMachine& machine : joined.machines) sum += places_for_nodes(machine.fabric);
  return sum;
}

}  // namespace

double places_for_nodes(const FabricDescription& fabric, double nics) {
  return std::visit(
      [&](const auto& topology) {
        if constexpr (requires { places(topology, nics); }) {
          return places(topology, nics);
        } else {
          return places(topology);
        }
      },
      fabric.topology);
}

std::vector<PlaceRange> places_of_machines(const JoinedDescription& joined) {
  std::vector<PlaceRange> ranges;
  std::int64_t next = 0;
  for (const JoinedMachine& machine : joined.machines) {
    ranges.push_back({next, static_cast<std::int64_t>(places_for_nodes(machine.fabric))});
    next += ranges.back().count;
  }
  return ranges;
}

std::vector<std::string> sites_of(const JoinedDescription& joined) {
  std::vector<std::string> sites;
  for (const JoinedMachine& machine : joined.machines)
    if (std::find(sites.begin(), sites.end(), machine.at) == sites.end()) sites.push_back(machine.at);
  return sites;
}

namespace catalog {
namespace {

// Names of a list's entries: given once each, and known where others refer to them.
class Names {
 public:
  Names(Reader& reader, const Node& list) : reader_(reader), list_(list) {}
  void add(std::size_t index, const std::string& name) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
      const Reader::Step step(reader_, index);
      reader_.problem_in(list_.items[index], "name", fmt::format("{} is named twice", quote(name)));
    }
    names_.push_back(name);
  }
  // The position of a name; -1 after telling that it is not known.
  std::ptrdiff_t find(const Node& asking, std::string_view key, const std::string& name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    if (at != names_.end()) return at - names_.begin();
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    reader_.problem_in(asking, key, fmt::format("{} is not named{}", quote(name), suggestion(name, known)));
    return -1;
  }
  const std::string& name(std::size_t index) const { return names_[index]; }

 private:
  Reader& reader_;
  const Node& list_;
  std::vector<std::string> names_;
};

// Which of so many things hang together.
class Components {
 public:
  explicit Components(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }
  std::size_t root(std::size_t a) const {
    while (parent_[a] != a) a = parent_[a];
    return a;
  }
  void join(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }
  // The first that the first one does not reach; 0 when all hang together.
  std::size_t apart() const {
    for (std::size_t i = 1; i < parent_.size(); ++i)
      if (root(i) != root(0)) return i;
    return 0;
  }

 private:
  std::vector<std::size_t> parent_;
};

// Empty where it is missing, which is told elsewhere.
const Node& list_of(const Node& fabric, const char* key) {
  static const Node none;
  const Node* found = fabric.find(key);
  return found ? *found : none;
}

// Each level gathers whole groups of the level below; all but the topmost have an uplink.
void check(Reader& reader, const Node& fabric, const FatTreeDescription& tree) {
  const Reader::Step levels_step(reader, "levels");
  const Node& levels = list_of(fabric, "levels");
  for (std::size_t i = 0; i < tree.levels.size(); ++i) {
    const Reader::Step step(reader, i);
    const Node& level = levels.items[i];
    const bool topmost = i + 1 == tree.levels.size();
    for (const char* key : {"oversubscription", "uplinks"})
      if (topmost && level.find(key))
        reader.problem_in(level, key, "the topmost level has no uplink, leave this key out");
    if (!topmost && !level.find("oversubscription"))
      reader.missing_key(level, "oversubscription", "Every level below the topmost has an uplink.");
    if (i == 0) continue;
    const double below = tree.levels[i - 1].nodes, here = tree.levels[i].nodes;
    if (here <= below) {
      reader.problem_in(level, "nodes",
                        fmt::format("must be more than the {} of the level below, found {}", below, here));
    } else if (std::fmod(here, below) != 0) {
      reader.problem_in(
          level, "nodes",
          fmt::format("must be a multiple of the {} of the level below, found {}", below, here));
    }
  }
}

void check(Reader& reader, const Node& fabric, const DragonflyPlusDescription& dragonfly) {
  const Reader::Step cells_step(reader, "cells");
  const Node& cells = list_of(fabric, "cells");
  for (std::size_t i = 0; i < dragonfly.cells.size(); ++i) {
    const Reader::Step step(reader, i);
    const CellGroup& group = dragonfly.cells[i];
    const bool each = cells.items[i].find("nodes_per_leaf"), in_turn = cells.items[i].find("nodes_on_leaves");
    if (each == in_turn)
      reader.problem(cells.items[i].place, each ? "nodes_per_leaf and nodes_on_leaves exclude each other"
                                                : "one of nodes_per_leaf and nodes_on_leaves is needed");
    if (in_turn && static_cast<double>(group.nodes_on_leaves.size()) != group.leaf_switches)
      reader.problem_in(cells.items[i], "nodes_on_leaves",
                        fmt::format("expected one number for each of {} leaf switches, found {}",
                                    *group.leaf_switches, group.nodes_on_leaves.size()));
  }
}

void check(Reader& reader, const Node& fabric, const DragonflyDescription& dragonfly) {
  const Node &groups = list_of(fabric, "groups"), &links = list_of(fabric, "global_links");
  Names names(reader, groups);
  {
    const Reader::Step step(reader, "groups");
    for (std::size_t i = 0; i < dragonfly.groups.size(); ++i) names.add(i, dragonfly.groups[i].name);
  }
  const Reader::Step links_step(reader, "global_links");
  std::set<std::pair<std::ptrdiff_t, std::ptrdiff_t>> joined;
  for (std::size_t i = 0; i < dragonfly.global_links.size(); ++i) {
    const Reader::Step step(reader, i);
    const std::ptrdiff_t from = names.find(links.items[i], "from", dragonfly.global_links[i].from),
                         to = names.find(links.items[i], "to", dragonfly.global_links[i].to);
    if (from < 0 || to < 0) return;
    if (!joined.insert(std::minmax(from, to)).second)
      reader.problem(links.items[i].place, "these two shapes are joined already");
    else if (from == to && dragonfly.groups[static_cast<std::size_t>(from)].count == 1)
      reader.problem(links.items[i].place, fmt::format("there is one group of shape {} only, so no pair",
                                                       quote(dragonfly.global_links[i].from)));
  }
  for (std::size_t a = 0; a < dragonfly.groups.size(); ++a)
    for (std::size_t b = a; b < dragonfly.groups.size(); ++b) {
      if ((a == b && dragonfly.groups[a].count == 1) || joined.contains({a, b})) continue;
      reader.problem(links.place, fmt::format("no links between groups of the shapes {} and {}",
                                              quote(names.name(a)), quote(names.name(b))));
    }
}

void check(Reader& reader, const Node& fabric, const GraphDescription& graph) {
  Names names(reader, list_of(fabric, "switches"));
  {
    const Reader::Step step(reader, "switches");
    for (std::size_t i = 0; i < graph.switches.size(); ++i) {
      names.add(i, graph.switches[i].name);
      const std::vector<double>& nics = graph.switches[i].nics;
      if (std::set<double>(nics.begin(), nics.end()).size() != nics.size())
        reader.problem_in(fabric.find("switches")->items[i], "nics", "names a NIC twice");
    }
  }
  if (graph.edges.empty() && graph.switches.size() > 1) {
    reader.problem(fabric.place, "several switches, but neither edges nor edges_file joins them");
    return;
  }
  // Edges of the file come after those written here; each carries its own place.
  Components components(graph.switches.size());
  bool known = true;
  for (const GraphEdge& edge : graph.edges) {
    Node at;
    at.place = edge.place;
    const Reader::Step step(reader, "edges");
    const std::ptrdiff_t from = names.find(at, "from", edge.from), to = names.find(at, "to", edge.to);
    if (from < 0 || to < 0) {
      known = false;
      continue;
    }
    if (from == to) reader.problem(edge.place, fmt::format("{} is joined with itself", quote(edge.from)));
    components.join(static_cast<std::size_t>(from), static_cast<std::size_t>(to));
  }
  if (const std::size_t apart = known ? components.apart() : 0)
    reader.problem(graph.switches[apart].place, fmt::format("no chain of edges joins {} and {}",
                                                            quote(names.name(0)), quote(names.name(apart))));
}

void check(Reader& reader, const Node& fabric, const SitesDescription& sites) {
  Names names(reader, list_of(fabric, "sites"));
  {
    const Reader::Step step(reader, "sites");
    for (std::size_t i = 0; i < sites.sites.size(); ++i) names.add(i, sites.sites[i].name);
  }
  const Node& wan = list_of(fabric, "wan");
  const Reader::Step wan_step(reader, "wan");
  Components components(sites.sites.size());
  for (std::size_t i = 0; i < sites.wan.size(); ++i) {
    const Reader::Step step(reader, i);
    const std::ptrdiff_t from = names.find(wan.items[i], "from", sites.wan[i].from),
                         to = names.find(wan.items[i], "to", sites.wan[i].to);
    if (from < 0 || to < 0) return;
    if (from == to)
      reader.problem_in(wan.items[i], "to", fmt::format("{} is joined with itself", quote(sites.wan[i].to)));
    components.join(static_cast<std::size_t>(from), static_cast<std::size_t>(to));
  }
  if (const std::size_t apart = components.apart())
    reader.problem(wan.place, fmt::format("no chain of links joins the sites {} and {}", quote(names.name(0)),
                                          quote(names.name(apart))));
}

template <class Other>
void check(Reader&, const Node&, const Other&) {}

// Kinds that know only some ways to choose among links.
void check_routing(Reader& reader, const Node& fabric, const FabricDescription& description) {
  const std::string& kind = description.kind;
  const bool lattice = kind == "torus" || kind == "hyperx";
  if (lattice && description.routing != Routing::usual && description.routing != Routing::adaptive)
    reader.problem_in(
        fabric, "routing",
        fmt::format("a {} takes its dimensions in order, its parallel links as one (adaptive), found {}",
                    kind, word_of(description.routing)));
  if ((kind == "sites" || kind == "optical" || kind == "joined") && description.routing != Routing::usual &&
      description.routing != Routing::adaptive)
    reader.problem_in(
        fabric, "routing",
        fmt::format("a fabric of kind {} knows adaptive only, found {}", kind, word_of(description.routing)));
  if (description.hash > 0 && routing_of(description) != Routing::ecmp)
    reader.problem_in(
        fabric, "hash",
        fmt::format("belongs to routing ecmp, this fabric's is {}", word_of(routing_of(description))));
}

}  // namespace

void check_fabric(Reader& reader, const Node& fabric, const FabricDescription& description) {
  check_routing(reader, fabric, description);
  std::visit([&](const auto& topology) { check(reader, fabric, topology); }, description.topology);
}

// Between `machines`, which stand in the platform, and the fabric's `wan`.
void check_joined(Reader& reader, const Node& root, const FabricDescription& fabric) {
  const Node* machines = root.find("machines");
  const auto* joined = std::get_if<JoinedDescription>(&fabric.topology);
  if (!machines || !joined || fabric.kind != "joined") {
    if (machines || joined)
      reader.problem_in(
          root, "fabric",
          fmt::format("machines belong to a fabric of kind joined, and it to them; found kind {}{}",
                      fabric.kind, machines ? "" : " and no machines"));
    return;
  }
  const std::vector<std::string> sites = sites_of(*joined);
  for (const JoinedMachine& machine : joined->machines)
    for (const char* kind : {"rail_tree", "multi_plane", "optical", "joined"})
      if (machine.fabric.kind == kind)
        reader.problem(machine.place,
                       fmt::format("{}: a fabric of kind {} has no one switch that leads to a router; it "
                                   "cannot be joined with others",
                                   machine.name, kind));
  Components components(sites.size());
  for (const WanLink& link : joined->wan) {
    std::size_t ends[2] = {};
    bool known = true;
    for (const int side : {0, 1}) {
      const std::string& name = side == 0 ? link.from : link.to;
      const auto at = std::find(sites.begin(), sites.end(), name);
      ends[side] = static_cast<std::size_t>(at - sites.begin());
      if (at != sites.end()) continue;
      known = false;
      const std::vector<std::string_view> names(sites.begin(), sites.end());
      reader.problem(link.place, fmt::format("no machine is at {}{}", quote(name), suggestion(name, names)));
    }
    if (!known) return;
    if (ends[0] == ends[1])
      reader.problem(link.place, fmt::format("{} is joined with itself", quote(link.to)));
    components.join(ends[0], ends[1]);
  }
  if (const std::size_t apart = components.apart())
    reader.problem_in(root, "fabric",
                      fmt::format("wan: no chain of links joins the sites {} and {}", quote(sites[0]),
                                  quote(sites[apart])));
}

}  // namespace catalog
}  // namespace aifsim
