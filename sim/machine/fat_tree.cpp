// k-level fat tree: nodes sit below leaf switches, groups of leaves below the next level, and so on.
//
//   U_l = (s_l / s_{l-1}) * U_{l-1} / o_l,  U_{-1} = nics * injection,  s_{-1} = 1
//
// U_l capacity up from one group of level l (and of that down to it), in `uplinks` equal links, s_l nodes
// below such a group, o_l its oversubscription. A route climbs to the first group that holds both ends.
// Leaf-spine is the tree of two levels whose leaves have spine_switches * spine_links uplinks.
// Assumption: a partly filled last group has the switches and uplinks of a full one.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

namespace aifsim {
namespace {

struct Level {
  std::string name;
  std::int64_t nodes = 0;    // below one group
  std::int64_t uplinks = 0;  // of one group; the topmost level has none
  BytesPerSecond each;
  bool by_injection = true;    // `each` follows from what the nodes below send, were they all alike
  std::int64_t parallel = 0;   // into how many links they are told apart
  std::size_t first_link = 0;  // of group 0: up, then down
  SwitchId first_switch = 0;
};

class FatTree final : public Fabric {
 public:
  FatTree(std::vector<Level> levels, const FabricPorts& ports, Routing usual)
      : Fabric(ports, usual), levels_(std::move(levels)) {
    if (levels_.empty())
      throw InputError(ports.place, "the fat tree has no levels; at least one would be right");
    if (levels_.back().nodes < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the fat tree's topmost level ({}) holds {}",
                                                ports.nodes, levels_.back().name, levels_.back().nodes));
    for (Level& level : levels_) {
      level.first_switch = switches_;
      switches_ += static_cast<SwitchId>((ports.nodes + level.nodes - 1) / level.nodes);
    }
    for (std::size_t l = 0; l + 1 < levels_.size(); ++l) {
      Level& level = levels_[l];
      const Level& above = levels_[l + 1];
      level.first_link = link_count();
      level.parallel = parallel_links(level.uplinks);
      for (SwitchId at = level.first_switch; at < above.first_switch; ++at) {
        const auto parent =
            static_cast<SwitchId>(above.first_switch + (at - level.first_switch) * level.nodes / above.nodes);
        const BytesPerSecond each = level.each * share_of(level, at - level.first_switch);
        join(at, parent, level.uplinks, each, ports.hop_latency);
        join(parent, at, level.uplinks, each, ports.hop_latency);
      }
    }
    levels_.back().first_link = link_count();
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    std::size_t top = 0;
    const std::uint64_t pick = choice(from, to);
    for (; from.node / levels_[top].nodes != to.node / levels_[top].nodes; ++top)
      out.push_back(first + uplink(levels_[top], from.node, pick));
    while (top-- > 0)
      out.push_back(first + uplink(levels_[top], to.node, pick) + static_cast<LinkId>(levels_[top].parallel));
  }

  std::string link_name(std::size_t index) const override {
    const Level& level = level_of(index);
    const auto in_level = static_cast<std::int64_t>(index - level.first_link),
               port = in_level / level.parallel;
    return fmt::format("{} {} {}{}", level.name, port / 2, port % 2 == 0 ? "up" : "down",
                       parallel_name(in_level % level.parallel, level.parallel));
  }
  std::string class_name(std::size_t index) const override {
    const Level& level = level_of(index);
    const auto port = static_cast<std::int64_t>(index - level.first_link) / level.parallel;
    return level.name + (port % 2 == 0 ? " up" : " down");
  }

  SwitchId switch_of(FabricPort port) const override {
    return static_cast<SwitchId>(port.node / levels_.front().nodes);
  }
  std::string switch_name(SwitchId at) const override {
    const auto level =
        std::find_if(levels_.rbegin(), levels_.rend(), [&](const Level& l) { return l.first_switch <= at; });
    return fmt::format("{} {}", level->name, at - level->first_switch);
  }

  std::int64_t leaf_of(std::int64_t node) const override { return node / levels_.front().nodes; }
  std::int64_t group_of(std::int64_t node) const override {
    return levels_.size() < 2 ? 0 : node / levels_[levels_.size() - 2].nodes;
  }

 private:
  double share_of(const Level& level, std::int64_t group) const {
    return level.by_injection ? ports_.relative_injection(group * level.nodes, level.nodes) : 1;
  }
  static LinkId uplink(const Level& level, std::int64_t node, std::uint64_t pick) {
    const auto parallel = static_cast<std::uint64_t>(level.parallel);
    return static_cast<LinkId>(
        level.first_link + 2 * parallel * static_cast<std::uint64_t>(node / level.nodes) + pick % parallel);
  }
  const Level& level_of(std::size_t link) const {
    const auto after =
        std::find_if(levels_.begin(), levels_.end(), [&](const Level& l) { return l.first_link > link; });
    return *std::prev(after);
  }

  std::vector<Level> levels_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const FatTreeDescription& tree, const FabricPorts& ports) {
  BytesPerSecond uplink = ports.injection * static_cast<double>(ports.nics_per_node);
  std::int64_t below = 1;
  std::vector<Level> levels;
  for (const FatTreeLevel& description : tree.levels) {
    const std::int64_t nodes = whole(description.nodes, description.name + ": nodes", 1);
    if (nodes % below != 0 || (nodes == below && !levels.empty()))
      throw InputError(description.nodes.place,
                       fmt::format("{}: {} nodes per group; a multiple of the {} below it would be right",
                                   description.name, nodes, below));
    levels.push_back({description.name, nodes, 0, {}, true, 1, 0, 0});
    if (levels.size() == tree.levels.size()) break;
    if (!(*description.oversubscription > 0))
      throw InputError(description.oversubscription.place,
                       fmt::format("{}: oversubscription {:g}; a ratio above 0 would be right",
                                   description.name, *description.oversubscription));
    uplink =
        uplink * (static_cast<double>(nodes) / static_cast<double>(below) / *description.oversubscription);
    levels.back().uplinks = whole(description.uplinks, description.name + ": uplinks", 1);
    levels.back().each = uplink / static_cast<double>(levels.back().uplinks);
    below = nodes;
  }
  return std::make_unique<FatTree>(std::move(levels), ports, Routing::adaptive);
}

std::unique_ptr<Fabric> build_fabric(const LeafSpineDescription& fabric, const FabricPorts& ports) {
  const std::int64_t per_leaf = whole(fabric.nodes_per_leaf, "nodes_per_leaf", 1);
  const std::int64_t room = per_leaf * whole(fabric.leaf_switches, "leaf_switches", 1);
  if (room < ports.nodes)
    throw InputError(ports.place, fmt::format("{} nodes, but the leaf switches hold {}", ports.nodes, room));
  const std::int64_t uplinks =
      whole(fabric.spine_switches, "spine_switches", 1) * whole(fabric.spine_links, "spine_links", 1);
  std::vector<Level> levels{{"leaf", per_leaf, uplinks, *fabric.spine_bandwidth, false, 1, 0, 0}};
  if (room > per_leaf) levels.push_back({"spines", room, 0, {}, false, 1, 0, 0});
  return std::make_unique<FatTree>(std::move(levels), ports, Routing::ecmp);
}

}  // namespace aifsim
