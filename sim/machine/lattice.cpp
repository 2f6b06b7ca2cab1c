// Switches at the points of a lattice. Node n is at switch n / nodes_per_switch, whose coordinates are its
// digits, the first dimension running fastest.
//
//   torus   each switch is joined with the next of each dimension, around the edge too; a route takes the
//           dimensions in order, each the shorter way round; where both are as long, upwards from even
//           coordinates and downwards from odd ones
//   HyperX  (Ahn et al., SC 2009) each switch is joined with all others of the same row of each dimension;
//           a route takes the dimensions in order, one hop each. One dimension: all switches are joined.
//
// Assumption: minimal routes in the order of the dimensions; parallel links are one trunk. It loses what
// adaptive routing gains by other orders, and by detours.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

namespace aifsim {
namespace {

struct Axis {
  std::int64_t size = 1, stride = 1;  // stride: switches from one coordinate to the next
  std::int64_t first_slot = 0;        // of a switch's links
  std::int64_t slots = 0;
};

class Lattice final : public Fabric {
 public:
  Lattice(const LatticeDescription& description, const FabricPorts& ports, bool around)
      : Fabric(ports, Routing::adaptive),
        per_switch_(whole(description.nodes_per_switch, "nodes_per_switch", 1)),
        around_(around) {
    std::int64_t count = 1;
    for (const double size : description.sizes) {
      Axis d{static_cast<std::int64_t>(size), count, slots_, 0};
      if (d.size < 1 || static_cast<double>(d.size) != size)
        throw InputError(ports.place,
                         fmt::format("sizes: found {}; whole numbers from 1 would be right", size));
      d.slots = around ? std::min<std::int64_t>(d.size - 1, 2) : d.size - 1;
      slots_ += d.slots;
      count *= d.size;
      dimensions_.push_back(d);
      switch_count({count});
    }
    if (count * per_switch_ < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the lattice's {} switches hold {}",
                                                ports.nodes, count, count * per_switch_));
    switches_ = static_cast<SwitchId>(count);
    const std::int64_t links = whole(description.links, "links", 1);
    for (std::int64_t at = 0; at < count; ++at)
      for (const Axis& d : dimensions_)
        for (std::int64_t slot = 0; slot < d.slots; ++slot)
          join(static_cast<SwitchId>(at), static_cast<SwitchId>(neighbour(at, d, slot)), links,
               *description.link_bandwidth, ports.hop_latency);
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    std::int64_t at = from.node / per_switch_;
    const std::int64_t target = to.node / per_switch_;
    for (const Axis& d : dimensions_) {
      for (std::int64_t ahead = distance(at, target, d); ahead != 0; ahead = distance(at, target, d)) {
        const bool upwards = ahead * 2 < d.size || (ahead * 2 == d.size && at / d.stride % 2 == 0);
        const std::int64_t slot = !around_ ? ahead - 1 : upwards ? 0 : d.slots - 1;
        out.push_back(first + static_cast<LinkId>(at * slots_ + d.first_slot + slot));
        at = neighbour(at, d, slot);
      }
    }
  }

  std::string link_name(std::size_t index) const override {
    return fmt::format("{}>{}", switch_name(link(index).from), switch_name(link(index).to));
  }
  std::string class_name(std::size_t index) const override {
    const std::int64_t slot = static_cast<std::int64_t>(index) % slots_;
    const auto after = std::find_if(dimensions_.begin(), dimensions_.end(),
                                    [&](const Axis& d) { return d.first_slot > slot; });
    return fmt::format("dimension {}", std::distance(dimensions_.begin(), after) - 1);
  }

  SwitchId switch_of(FabricPort port) const override {
    return static_cast<SwitchId>(port.node / per_switch_);
  }
  std::string switch_name(SwitchId at) const override {
    std::vector<std::int64_t> coordinates;
    for (const Axis& d : dimensions_) coordinates.push_back(at / d.stride % d.size);
    return fmt::format("({})", fmt::join(coordinates, ","));
  }
  std::int64_t leaf_of(std::int64_t node) const override { return node / per_switch_; }
  // The planes of the last dimension.
  std::int64_t group_of(std::int64_t node) const override {
    return node / per_switch_ / dimensions_.back().stride;
  }

 private:
  static std::int64_t distance(std::int64_t at, std::int64_t target, const Axis& d) {
    return (target / d.stride % d.size - at / d.stride % d.size + d.size) % d.size;
  }
  // Slot s leads s + 1 ahead; of a torus, the second one leads one back.
  std::int64_t neighbour(std::int64_t at, const Axis& d, std::int64_t slot) const {
    const std::int64_t here = at / d.stride % d.size;
    const std::int64_t step = around_ && slot == 1 ? d.size - 1 : slot + 1;
    return at + ((here + step) % d.size - here) * d.stride;
  }

  std::int64_t per_switch_ = 1, slots_ = 0;
  bool around_;
  std::vector<Axis> dimensions_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const TorusDescription& torus, const FabricPorts& ports) {
  return std::make_unique<Lattice>(torus, ports, true);
}
std::unique_ptr<Fabric> build_fabric(const HyperXDescription& hyperx, const FabricPorts& ports) {
  return std::make_unique<Lattice>(hyperx, ports, false);
}

}  // namespace aifsim
