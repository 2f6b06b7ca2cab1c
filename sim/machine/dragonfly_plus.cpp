// Dragonfly+ (Shpiner et al., "Dragonfly+: Low cost topology for scaling datacenters", HiPINEB 2017): cells
// of leaf and spine switches; every leaf has one link to every spine of its cell, and every two cells are
// joined by links between their spines.
//
//   leaf trunk  = spine_switches * leaf_spine_bandwidth     (up and down, per leaf)
//   cell trunk  = global_links * global_bandwidth           (per ordered pair of cells)
//
// Routes are minimal: leaf up, cell to cell where the cells differ, leaf down. The spines of a cell are one
// ideal stage (see fabric.hpp), so a route names no single spine.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

namespace aifsim {
namespace {

// Cells of one shape, which follow each other.
struct CellShape {
  std::int64_t first_node = 0, first_cell = 0, first_leaf = 0;
  std::int64_t leaves = 0, nodes_per_leaf = 0;  // per cell, per leaf
};

struct LeafPlace {
  std::int64_t cell = 0;
  std::int64_t leaf = 0;  // counted over the whole machine
};

class DragonflyPlus final : public Fabric {
 public:
  DragonflyPlus(const DragonflyPlusDescription& description, const FabricPorts& ports) {
    std::int64_t nodes = 0;
    for (const CellGroup& group : description.cells) {
      const CellShape shape{nodes, cells_, leaves_, whole(group.leaf_switches, "leaf_switches", 1),
                            whole(group.nodes_per_leaf, "nodes_per_leaf", 1)};
      const std::int64_t count = whole(group.count, "count", 1);
      nodes += count * shape.leaves * shape.nodes_per_leaf;
      leaves_ += count * shape.leaves;
      cells_ += count;
      shapes_.push_back(shape);
    }
    if (nodes < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the fabric's {} cells hold {}", ports.nodes,
                                                cells_, nodes));

    const std::int64_t spines = whole(description.spine_switches, "spine_switches", 1);
    const BytesPerSecond leaf_trunk = *description.leaf_spine_bandwidth * static_cast<double>(spines);
    links_.resize(2 * static_cast<std::size_t>(leaves_), {leaf_trunk, ports.hop_latency});
    if (cells_ > 1) {
      const std::int64_t global = whole(description.global_links, "global_links", 1);
      const BytesPerSecond cell_trunk = *description.global_bandwidth * static_cast<double>(global);
      links_.resize(links_.size() + static_cast<std::size_t>(cells_ * (cells_ - 1)),
                    {cell_trunk, ports.hop_latency});
    }
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const LeafPlace source = place_of(from.node), target = place_of(to.node);
    if (source.leaf == target.leaf) return;
    out.push_back(first + static_cast<LinkId>(2 * source.leaf));
    if (source.cell != target.cell) out.push_back(first + cell_link(source.cell, target.cell));
    out.push_back(first + static_cast<LinkId>(2 * target.leaf + 1));
  }

  std::string link_name(std::size_t index) const override {
    const auto link = static_cast<std::int64_t>(index);
    if (link < 2 * leaves_) {
      const CellShape& shape = last_at_or_before(&CellShape::first_leaf, link / 2);
      const std::int64_t leaf = link / 2 - shape.first_leaf;
      return fmt::format("cell {} leaf {} {}", shape.first_cell + leaf / shape.leaves, leaf % shape.leaves,
                         link % 2 == 0 ? "up" : "down");
    }
    const std::int64_t pair = link - 2 * leaves_, from = pair / (cells_ - 1), to = pair % (cells_ - 1);
    return fmt::format("cell {}>cell {}", from, to + (to >= from ? 1 : 0));
  }
  std::string class_name(std::size_t index) const override {
    if (static_cast<std::int64_t>(index) >= 2 * leaves_) return "cell to cell";
    return index % 2 == 0 ? "leaf up" : "leaf down";
  }

  std::int64_t leaf_of(std::int64_t node) const override { return place_of(node).leaf; }
  std::int64_t group_of(std::int64_t node) const override { return place_of(node).cell; }

 private:
  const CellShape& last_at_or_before(std::int64_t CellShape::*member, std::int64_t value) const {
    const auto after =
        std::upper_bound(shapes_.begin(), shapes_.end(), value,
                         [&](std::int64_t v, const CellShape& shape) { return v < shape.*member; });
    return *std::prev(after);
  }
  LeafPlace place_of(std::int64_t node) const {
    const CellShape& shape = last_at_or_before(&CellShape::first_node, node);
    const std::int64_t leaf = (node - shape.first_node) / shape.nodes_per_leaf;
    return {shape.first_cell + leaf / shape.leaves, shape.first_leaf + leaf};
  }
  // Ordered pairs without the diagonal.
  LinkId cell_link(std::int64_t from, std::int64_t to) const {
    return static_cast<LinkId>(2 * leaves_ + from * (cells_ - 1) + to - (to > from ? 1 : 0));
  }

  std::int64_t cells_ = 0, leaves_ = 0;
  std::vector<CellShape> shapes_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const DragonflyPlusDescription& dragonfly, const FabricPorts& ports) {
  return std::make_unique<DragonflyPlus>(dragonfly, ports);
}

}  // namespace aifsim
