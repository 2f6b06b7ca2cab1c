// k-level fat tree: nodes sit below leaf switches, groups of leaves below the next level, and so on.
//
//   U_l = (s_l / s_{l-1}) * U_{l-1} / o_l,  U_{-1} = nics * injection,  s_{-1} = 1
//
// U_l capacity of the trunk up from one group of level l (and of that down to it), s_l nodes below such a
// group, o_l its oversubscription. A route climbs to the first group that holds both ends.
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
  std::int64_t nodes = 0;      // below one group
  std::size_t first_link = 0;  // of group 0: up, then down; the topmost level has none
};

class FatTree final : public Fabric {
 public:
  FatTree(const FatTreeDescription& tree, const FabricPorts& ports) {
    BytesPerSecond uplink = ports.injection * static_cast<double>(ports.nics_per_node);
    std::int64_t below = 1;
    for (const FatTreeLevel& description : tree.levels) {
      const std::int64_t nodes = whole(description.nodes, description.name + ": nodes", 1);
      if (nodes % below != 0 || (nodes == below && !levels_.empty()))
        throw InputError(description.nodes.place,
                         fmt::format("{}: {} nodes per group; a multiple of the {} below it would be right",
                                     description.name, nodes, below));
      levels_.push_back({description.name, nodes, links_.size()});
      if (levels_.size() == tree.levels.size()) break;
      if (!(*description.oversubscription > 0))
        throw InputError(description.oversubscription.place,
                         fmt::format("{}: oversubscription {:g}; a ratio above 0 would be right",
                                     description.name, *description.oversubscription));
      uplink =
          uplink * (static_cast<double>(nodes) / static_cast<double>(below) / *description.oversubscription);
      const std::int64_t groups = (ports.nodes + nodes - 1) / nodes;
      links_.resize(links_.size() + 2 * static_cast<std::size_t>(groups), {uplink, ports.hop_latency});
      below = nodes;
    }
    if (levels_.empty())
      throw InputError(ports.place, "the fat tree has no levels; at least one would be right");
    if (levels_.back().nodes < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the fat tree's topmost level ({}) holds {}",
                                                ports.nodes, levels_.back().name, levels_.back().nodes));
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    std::size_t top = 0;
    for (; from.node / levels_[top].nodes != to.node / levels_[top].nodes; ++top)
      out.push_back(first + uplink(top, from.node));
    while (top-- > 0) out.push_back(first + uplink(top, to.node) + 1);
  }

  std::string link_name(std::size_t index) const override {
    const Level& level = level_of(index);
    const std::size_t in_level = index - level.first_link;
    return fmt::format("{} {} {}", level.name, in_level / 2, in_level % 2 == 0 ? "up" : "down");
  }
  std::string class_name(std::size_t index) const override {
    const Level& level = level_of(index);
    return level.name + ((index - level.first_link) % 2 == 0 ? " up" : " down");
  }

  std::int64_t leaf_of(std::int64_t node) const override { return node / levels_.front().nodes; }
  std::int64_t group_of(std::int64_t node) const override {
    return levels_.size() < 2 ? 0 : node / levels_[levels_.size() - 2].nodes;
  }

 private:
  LinkId uplink(std::size_t level, std::int64_t node) const {
    return static_cast<LinkId>(levels_[level].first_link +
                               2 * static_cast<std::size_t>(node / levels_[level].nodes));
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
  return std::make_unique<FatTree>(tree, ports);
}

}  // namespace aifsim
