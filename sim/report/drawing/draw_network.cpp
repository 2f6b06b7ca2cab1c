// Fabrics that are drawn from their switches and links: in two tiers, on a circle, or as a grid.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>

#include "report/drawing/draw_parts.hpp"

namespace aifsim {
namespace {

struct Picture {
  std::string title;
  std::vector<std::string> lines;  // of the caption, the first bold
};

// Which switches hold nodes, and how many the first of them holds.
struct Population {
  std::vector<bool> holds;
  std::int64_t below_first = 0;
};

Population population_of(const Topology& machine) {
  Population found{std::vector<bool>(machine.fabric().switches(), false), 0};
  for (std::int64_t node = 0; node < machine.nodes(); ++node) {
    if (machine.leaf_of(node) == machine.leaf_of(0)) ++found.below_first;
    for (std::int64_t nic = 0; nic < machine.nics_per_node(); ++nic)
      found.holds[machine.fabric().switch_of(machine.port(node, nic))] = true;
  }
  return found;
}

using Places = std::map<SwitchId, PagePoint>;

void draw_links(Svg& svg, const Fabric& fabric, const Places& places) {
  double widest = 0;
  for (const Fabric::Link& link : fabric.links()) widest = std::max(widest, link.capacity.value);
  for (const Fabric::Link& link : fabric.links()) {
    const auto from = places.find(link.from), to = places.find(link.to);
    if (from == places.end() || to == places.end() || link.from > link.to) continue;
    const double share = link.capacity.value / widest;
    svg.line(from->second, to->second, {page::switch_edge, 0.6 + 1.6 * share, 0.25 + 0.35 * share});
  }
}

void draw_switches(Svg& svg, const Places& places, double width,
                   const std::function<std::string(SwitchId)>& label) {
  for (const auto& [at, point] : places)
    svg.box_with_text({point.x - width / 2, point.y - 12, width, 24}, page::switch_fill, page::switch_edge,
                      label(at), 11.5);
}

std::string without(std::string name, std::string_view part) {
  if (const std::size_t at = name.find(part); at != std::string::npos) name.erase(at, part.size());
  return name;
}

// The last part: captions beside the picture, and the nodes below its first switch.
double finish(Svg& svg, const PlatformDescription& platform, const Picture& picture, PagePoint first,
              double width, std::int64_t nodes, double top, double bottom) {
  const double below = caption(svg, {page::captions, top + 14}, picture.lines);
  const Box leaf{first.x - width / 2, first.y - 12, width, 24};
  return draw_leaf_nodes(svg, platform, leaf, nodes, page::margin, page::captions - 40,
                         std::max(bottom + 40, below + 20));
}

// Switches without nodes above, those with nodes below.
double draw_tiers(Svg& svg, const PlatformDescription& platform, const Topology& machine,
                  const Picture& picture, double y) {
  heading(svg, y, picture.title);
  const Fabric& fabric = machine.fabric();
  const Population population = population_of(machine);
  std::vector<SwitchId> tiers[2];
  for (SwitchId at = 0; at < fabric.switches(); ++at) tiers[population.holds[at] ? 1 : 0].push_back(at);
  Places places;
  Row rows[2];
  for (const int tier : {0, 1}) {
    if (tiers[tier].empty()) continue;
    rows[tier] =
        row_of(std::ssize(tiers[tier]), 8, page::margin, page::captions - 40, y + 40 + 96 * tier, 24, 104);
    for (std::size_t i = 0; i < rows[tier].boxes.size(); ++i)
      places[tiers[tier][i]] = rows[tier].boxes[i].centre();
  }
  draw_links(svg, fabric, places);
  for (const Row& row : rows)
    draw_row(svg, row, page::switch_fill, page::switch_edge, std::vector<std::string>(row.boxes.size()));
  const double width = rows[1].boxes.front().width;
  draw_switches(svg, places, width, [&](SwitchId at) { return fabric.switch_name(at); });
  return finish(svg, platform, picture, places.at(tiers[1].front()), width, population.below_first, y + 20,
                y + 40 + 96 + 30);
}

// Those of the switches given on a circle; beyond the most that stay legible, a note says how many more.
double draw_circle(Svg& svg, const PlatformDescription& platform, const Topology& machine,
                   const Picture& picture, std::vector<SwitchId> shown,
                   const std::function<std::string(SwitchId)>& label, double y) {
  constexpr std::size_t most = 32;
  constexpr double radius = 160;
  heading(svg, y, picture.title);
  const std::size_t all = shown.size();
  shown.resize(std::min(all, most));
  const PagePoint centre{(page::margin + page::captions - 40) / 2, y + 50 + radius};
  std::size_t longest = 1;
  for (const SwitchId at : shown) longest = std::max(longest, label(at).size());
  const double width = std::min(130.0, 18 + 7 * static_cast<double>(longest));
  Places places;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(shown.size()) +
                         std::numbers::pi / 2;  // the first at the bottom, above its nodes
    places[shown[i]] = {centre.x + radius * std::cos(angle) * (width > 60 ? 1.6 : 1),
                        centre.y + radius * std::sin(angle)};
  }
  draw_links(svg, machine.fabric(), places);
  draw_switches(svg, places, width, label);
  if (all > shown.size())
    svg.text({page::margin, y + 36}, fmt::format("{} of {} shown", shown.size(), all), 12, page::faint);
  return finish(svg, platform, picture, places.at(shown.front()), width, population_of(machine).below_first,
                y + 20, centre.y + radius + 12);
}

std::vector<SwitchId> switches_of(const Topology& machine, bool with_nodes) {
  const Population population = population_of(machine);
  std::vector<SwitchId> found;
  for (SwitchId at = 0; at < machine.fabric().switches(); ++at)
    if (population.holds[at] == with_nodes) found.push_back(at);
  return found;
}

double draw_lattice(Svg& svg, const PlatformDescription& platform, const LatticeDescription& lattice,
                    const char* name, const Topology& machine, double y) {
  const std::string sizes = fmt::format("{}", fmt::join(lattice.sizes, " × "));
  heading(svg, y, fmt::format("Fabric: {} of {}", name, sizes));
  const auto columns = std::min<std::int64_t>(static_cast<std::int64_t>(lattice.sizes[0]), 8);
  const auto width_of_row = static_cast<SwitchId>(lattice.sizes[0]);
  const std::int64_t rows =
      lattice.sizes.size() > 1 ? std::min<std::int64_t>(static_cast<std::int64_t>(lattice.sizes[1]), 5) : 1;
  Places places;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      places[static_cast<SwitchId>(row) * width_of_row + static_cast<SwitchId>(column)] = {
          page::margin + 50 + 92 * static_cast<double>(column),
          // a bow, so that links to the next but one are seen
          y + 50 + 60 * static_cast<double>(rows - 1 - row) +
              8 * std::abs(static_cast<double>(2 * column - columns + 1)) / 2};
  draw_links(svg, machine.fabric(), places);
  draw_switches(svg, places, 64, [&](SwitchId at) { return machine.fabric().switch_name(at); });
  const Picture picture{
      "",
      {fmt::format("{} switches", machine.fabric().switches()),
       fmt::format("{} × {} between joined ones", *lattice.links, shown(*lattice.link_bandwidth)),
       fmt::format("{}; the first {} of them drawn", word(lattice.link_bandwidth.confidence),
                   places.size())}};
  return finish(svg, platform, picture, places.at(0), 64, population_of(machine).below_first, y + 20,
                y + 50 + 60 * static_cast<double>(rows) + 8);
}

std::string per_node(const PlatformDescription& platform) {
  return fmt::format("{} per node", shown(*platform.fabric.injection * *platform.node.nics));
}

}  // namespace

double draw_fabric(Svg& svg, const PlatformDescription& platform, const LeafSpineDescription& fabric,
                   const Topology& machine, double y) {
  return draw_tiers(svg, platform, machine,
                    {"Fabric: leaf-spine",
                     {fmt::format("{} leaves, {} spines", *fabric.leaf_switches, *fabric.spine_switches),
                      fmt::format("{} × {} from each leaf to each spine, {}", *fabric.spine_links,
                                  shown(*fabric.spine_bandwidth), word(fabric.spine_bandwidth.confidence)),
                      per_node(platform)}},
                    y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const RailTreeDescription& fabric,
                   const Topology& machine, double y) {
  return draw_tiers(svg, platform, machine,
                    {"Fabric: rail-optimised tree",
                     {fmt::format("{} units of {} nodes", *fabric.units, *fabric.nodes_per_unit),
                      fmt::format("leaf i of a unit joins NIC i of its nodes; {:g} : 1, {}",
                                  *fabric.oversubscription, word(fabric.oversubscription.confidence)),
                      fabric.relay ? "rails change inside the sending node" : "rails change in the spines"}},
                    y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const MultiPlaneDescription& fabric,
                   const Topology& machine, double y) {
  return draw_tiers(svg, platform, machine,
                    {"Fabric: planes",
                     {fmt::format("{} planes that are not joined", *fabric.planes),
                      fmt::format("{} leaves each, {:g} : 1, {}", *fabric.leaf_switches,
                                  *fabric.oversubscription, word(fabric.oversubscription.confidence)),
                      "planes change inside the sending node"}},
                    y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const DragonflyDescription& fabric,
                   const Topology& machine, double y) {
  Picture picture{"Fabric: dragonfly", {}};
  double groups = 0;
  for (const DragonflyGroups& g : fabric.groups) groups += g.count;
  picture.lines.push_back(fmt::format("{} groups", groups));
  for (const DragonflyGroups& g : fabric.groups)
    picture.lines.push_back(
        fmt::format("{} × {}: {} nodes, {} switches", *g.count, g.name, *g.nodes, *g.switches));
  for (const GlobalLinks& pair : fabric.global_links)
    picture.lines.push_back(fmt::format("{} – {}: {} × {}, {}", pair.from, pair.to, *pair.links,
                                        shown(*fabric.global_bandwidth), word(pair.links.confidence)));
  picture.lines.push_back(fmt::format("in a group: {} × {} per pair, {}", *fabric.local_links,
                                      shown(*fabric.local_bandwidth), word(fabric.local_links.confidence)));
  return draw_circle(svg, platform, machine, picture, switches_of(machine, false).empty() ? switches_of(machine, true) : [&] {
        std::vector<SwitchId> middles;
        for (const SwitchId at : switches_of(machine, false))
          if (machine.fabric().switch_name(at).starts_with("middle")) middles.push_back(at);
        return middles;
      }(), [&](SwitchId at) { return without(machine.fabric().switch_name(at), "middle of group "); }, y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const TorusDescription& torus,
                   const Topology& machine, double y) {
  return draw_lattice(svg, platform, torus, "torus", machine, y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const HyperXDescription& hyperx,
                   const Topology& machine, double y) {
  return draw_lattice(svg, platform, hyperx, "HyperX", machine, y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const OpticalDescription& fabric,
                   const Topology& machine, double y) {
  return draw_circle(
      svg, platform, machine,
      {"Fabric: optical circuits",
       {fmt::format("{} blocks of {} nodes", *fabric.blocks, *fabric.nodes_per_block),
        fmt::format("{} ports of {} per block, {}", *fabric.ports, shown(*fabric.port_bandwidth),
                    word(fabric.ports.confidence)),
        "wired here over all blocks; a job gets its own circuits"}},
      switches_of(machine, true),
      [&](SwitchId at) { return without(machine.fabric().switch_name(at), "block "); }, y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const GraphDescription& graph,
                   const Topology& machine, double y) {
  std::vector<SwitchId> all(machine.fabric().switches());
  for (SwitchId at = 0; at < all.size(); ++at) all[at] = at;
  return draw_circle(
      svg, platform, machine,
      {"Fabric: a graph",
       {fmt::format("{} switches, {} edges", graph.switches.size(), graph.edges.size()), per_node(platform)}},
      all, [&](SwitchId at) { return machine.fabric().switch_name(at); }, y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const SitesDescription& sites,
                   const Topology& machine, double y) {
  Picture picture{"Fabric: sites", {counted(std::ssize(sites.sites), "site")}};
  for (const SiteDescription& site : sites.sites)
    picture.lines.push_back(fmt::format("{}: {} nodes", site.name, *site.nodes));
  for (const WanLink& link : sites.wan)
    picture.lines.push_back(fmt::format("{} – {}: {} of {}, {} round trip, {}", link.from, link.to,
                                        shown(throughput(link)), shown(*link.rate), shown(*link.round_trip),
                                        word(link.rate.confidence)));
  return draw_circle(
      svg, platform, machine, picture, switches_of(machine, false),
      [&](SwitchId at) { return without(machine.fabric().switch_name(at), " core"); }, y);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const JoinedDescription& joined,
                   const Topology& machine, double y) {
  const std::vector<std::string> sites = sites_of(joined);
  Picture picture{"Fabric: joined machines",
                  {fmt::format("{} at {}", counted(std::ssize(joined.machines), "machine"),
                               counted(std::ssize(sites), "site"))}};
  for (const JoinedMachine& one : joined.machines)
    picture.lines.push_back(fmt::format("{}: {}, uplink {}, {}", one.at, one.name, shown(*one.uplink),
                                        word(one.uplink.confidence)));
  for (const WanLink& link : joined.wan)
    picture.lines.push_back(fmt::format("{} – {}: {} of {}, {} round trip, {}", link.from, link.to,
                                        shown(throughput(link)), shown(*link.rate), shown(*link.round_trip),
                                        word(link.rate.confidence)));
  std::vector<SwitchId> routers;
  for (std::size_t i = sites.size(); i > 0; --i)
    routers.push_back(machine.fabric().switches() - static_cast<SwitchId>(i));
  return draw_circle(
      svg, platform, machine, picture, routers,
      [&](SwitchId at) { return without(machine.fabric().switch_name(at), " router"); }, y);
}

}  // namespace aifsim
