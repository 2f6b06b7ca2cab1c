// Rail-optimised trees and planes: NIC i of every node of a unit is at the unit's leaf of rail i.
//
//   rail tree    rails = NICs per node; the spines join all leaves. A route within a rail and a unit stays in
//                the leaf, any other climbs. With `relay`, the default, data change the rail inside the sending
//                node, over its scale-up links (NCCL calls that PXN), and cross the spines only between units.
//   multi plane  rail of NIC i = i mod planes; the spines of a plane join its leaves only, so data must
//                change the plane inside the sending node.
//   uplink of a leaf = nodes_per_unit * (NICs of a rail) * injection / oversubscription, in `uplinks` links
//
// Assumption: with uneven NICs (nics not a multiple of the planes) the planes with more have wider leaves.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

namespace aifsim {
namespace {

struct RailShape {
  std::int64_t units = 0, nodes_per_unit = 0, rails = 0, uplinks = 0;
  double oversubscription = 1;
  bool joined = true;  // by common spines
  bool relay = false;
};

class Rails final : public Fabric {
 public:
  Rails(const RailShape& shape, const FabricPorts& ports) : Fabric(ports, Routing::adaptive), shape_(shape) {
    if (shape.units * shape.nodes_per_unit < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the leaf switches hold {}", ports.nodes,
                                                shape.units * shape.nodes_per_unit));
    for (const FabricPorts::Row& row : ports.rows)
      if ((!shape.joined || (shape.relay && shape.rails > 1)) && shape.rails > row.nics)
        throw InputError(ports.place,
                         fmt::format("{0} {1}s, but a node has {2} NICs; a NIC in each {1} would be right",
                                     shape.rails, shape.joined ? "rail" : "plane", row.nics));
    leaves_ = switch_count({shape.units, shape.rails});
    switches_ = leaves_;
    if (shape.units == 1 && (!shape.joined || shape.rails == 1)) return;  // nothing to climb to
    switches_ += static_cast<SwitchId>(shape.joined ? 1 : shape.rails);
    parallel_ = parallel_links(shape.uplinks);
    for (SwitchId leaf = 0; leaf < leaves_; ++leaf) {
      const std::int64_t rail = leaf % shape.rails;
      const std::int64_t nics =
          ports.nics_per_node / shape.rails + (rail < ports.nics_per_node % shape.rails ? 1 : 0);
      const double below =
          ports.relative_injection(leaf / shape.rails * shape.nodes_per_unit, shape.nodes_per_unit);
      const BytesPerSecond each = ports.injection *
                                  (static_cast<double>(nics * shape.nodes_per_unit) / shape.oversubscription /
                                   static_cast<double>(shape.uplinks)) *
                                  below;
      join(leaf, spine_of(rail), shape.uplinks, each, ports.hop_latency);
      join(spine_of(rail), leaf, shape.uplinks, each, ports.hop_latency);
    }
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const SwitchId source = switch_of(from), target = switch_of(to);
    if (source == target) return;
    const auto per_leaf = static_cast<std::uint64_t>(parallel_);
    const std::uint64_t which = choice(from, to) % per_leaf;
    out.push_back(first + static_cast<LinkId>(2 * per_leaf * source + which));
    out.push_back(first + static_cast<LinkId>(2 * per_leaf * target + per_leaf + which));
  }

  std::string link_name(std::size_t index) const override {
    const auto link = static_cast<std::int64_t>(index), port = link / parallel_;
    return fmt::format("{} {}{}", switch_name(static_cast<SwitchId>(port / 2)), port % 2 == 0 ? "up" : "down",
                       parallel_name(link % parallel_, parallel_));
  }
  std::string class_name(std::size_t index) const override {
    return static_cast<std::int64_t>(index) / parallel_ % 2 == 0 ? "leaf up" : "leaf down";
  }

  SwitchId switch_of(FabricPort port) const override {
    return static_cast<SwitchId>(port.node / shape_.nodes_per_unit * shape_.rails + port.nic % shape_.rails);
  }
  std::string switch_name(SwitchId at) const override {
    const char* rail = shape_.joined ? "rail" : "plane";
    if (at < leaves_) return fmt::format("unit {} {} {}", at / shape_.rails, rail, at % shape_.rails);
    return shape_.joined ? "spines" : fmt::format("spines of plane {}", at - leaves_);
  }

  std::int64_t leaf_of(std::int64_t node) const override { return node / shape_.nodes_per_unit; }
  std::int64_t group_of(std::int64_t node) const override { return node / shape_.nodes_per_unit; }
  std::int64_t rails() const override { return shape_.joined && !shape_.relay ? 1 : shape_.rails; }

 private:
  SwitchId spine_of(std::int64_t rail) const {
    return leaves_ + static_cast<SwitchId>(shape_.joined ? 0 : rail);
  }

  RailShape shape_;
  SwitchId leaves_ = 0;
  std::int64_t parallel_ = 1;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const RailTreeDescription& fabric, const FabricPorts& ports) {
  return std::make_unique<Rails>(
      RailShape{whole(fabric.units, "units", 1), whole(fabric.nodes_per_unit, "nodes_per_unit", 1),
                std::max<std::int64_t>(ports.nics_per_node, 1), whole(fabric.uplinks, "uplinks", 1),
                *fabric.oversubscription, true, fabric.relay},
      ports);
}

std::unique_ptr<Fabric> build_fabric(const MultiPlaneDescription& fabric, const FabricPorts& ports) {
  return std::make_unique<Rails>(
      RailShape{whole(fabric.leaf_switches, "leaf_switches", 1),
                whole(fabric.nodes_per_leaf, "nodes_per_leaf", 1), whole(fabric.planes, "planes", 1),
                whole(fabric.uplinks, "uplinks", 1), *fabric.oversubscription, false, true},
      ports);
}

}  // namespace aifsim
