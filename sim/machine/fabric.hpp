// The network between nodes: the links beyond the leaf ports, and which of them a transfer crosses.
//
// Parallel links between the same two switches, and all links of a switch towards the layer above, are one
// trunk per direction with the sum of their bandwidths. That is an ideal adaptive spread: no flow is ever
// held up by a neighbour while capacity of the trunk is free. What it loses: hash collisions of static
// routing, the queueing that hot spots cause, and detours (non-minimal paths) that adaptive Dragonfly+
// routing takes around a full trunk. A platform's `loss_per_doubling` carries what is measured of them.
//
// A new kind of fabric is one .cpp file and one line in the list of build_fabric below; it needs its
// description in catalog/platform.hpp.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/platform.hpp"
#include "machine/link.hpp"

namespace aifsim {

// What a fabric sees of the nodes: ports on leaf switches. Nodes fill the fabric in order, leaf by leaf and
// group by group.
struct FabricPorts {
  std::int64_t nodes = 0;
  std::int64_t nics_per_node = 0;
  BytesPerSecond injection;  // per NIC and direction
  Seconds hop_latency;       // of each switch-to-switch hop
  Place place;               // of the number of nodes, for errors
};

struct FabricPort {
  std::int64_t node = 0;
  std::int64_t nic = 0;
};

class Fabric {
 public:
  struct Link {
    BytesPerSecond capacity;
    Seconds latency;
  };

  virtual ~Fabric() = default;

  std::size_t link_count() const { return links_.size(); }
  const Link& link(std::size_t index) const { return links_[index]; }
  virtual std::string link_name(std::size_t index) const = 0;
  virtual std::string class_name(std::size_t index) const = 0;

  // Appends the links from the leaf switch of `from` to that of `to`, each as first + index.
  virtual void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const = 0;

  virtual std::int64_t leaf_of(std::int64_t node) const = 0;   // counted over the whole machine
  virtual std::int64_t group_of(std::int64_t node) const = 0;  // the largest parts: cells, islands

 protected:
  std::vector<Link> links_;
};

std::unique_ptr<Fabric> build_fabric(const FatTreeDescription& tree, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const DragonflyPlusDescription& dragonfly, const FabricPorts& ports);

}  // namespace aifsim
