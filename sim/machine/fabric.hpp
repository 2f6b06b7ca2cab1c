// The network between nodes: the links beyond the leaf ports, and which of them a transfer crosses.
//
// Routing, where the description does not choose (`usual`), and what each way loses:
//   adaptive  parallel links, and all links of a switch towards the layer above, are one trunk per direction
//             with the sum of their bandwidths: an ideal spread. It loses the collisions of static routing,
//             the queueing of hot spots, and the detours that adaptive routing takes around a full trunk; the
//             fabric's `efficiency` and a platform's `loss_per_doubling` carry what is measured of them.
//             Usual for InfiniBand and Slingshot trees, dragonflies, lattices, optical circuits and sites.
//   ecmp      each link on its own, chosen by a hash of both NICs. Usual for leaf_spine and graph.
//   static    each link on its own, chosen by the number of the receiving NIC.
// The stages of a route use the same number, so where they have as many links it names one spine throughout.
//
// A new kind of fabric is one .cpp file and one line in the list of build_fabric below; it needs its
// description in catalog/fabric.hpp.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catalog/fabric.hpp"
#include "machine/link.hpp"

namespace aifsim {

// What a fabric sees of the nodes: ports on leaf switches. Places are numbered leaf by leaf and group by group, and nodes
// stand at them in rows of alike ones.
struct FabricPorts {
  struct Row {
    std::int64_t first = 0, nodes = 0, nics = 0;
    BytesPerSecond injection;
  };
  std::int64_t nodes = 0;          // places up to the last node
  std::int64_t nics_per_node = 0;  // the most
  BytesPerSecond injection;        // per NIC and direction, of one of the rows
  Seconds hop_latency;             // of each switch-to-switch hop
  Routing routing = Routing::usual;
  std::uint64_t hash = 0;  // that ecmp starts from
  double efficiency = 1;   // of each link between switches
  Place place;             // of the number of nodes, for errors
  std::vector<Row> rows;

  // What the nodes at these places send, over that of as many with `nics_per_node` times `injection`; empty places
  // count as the mean of the others.
  double relative_injection(std::int64_t first, std::int64_t places) const;
};

struct FabricPort {
  std::int64_t node = 0;
  std::int64_t nic = 0;
};

using SwitchId = std::uint32_t;

class Fabric {
 public:
  struct Link {
    SwitchId from = 0, to = 0;
    BytesPerSecond capacity;
    Seconds latency;
    std::int64_t cables = 1;  // that it stands for
  };

  virtual ~Fabric() = default;

  std::size_t link_count() const { return links_.size(); }
  const Link& link(std::size_t index) const { return links_[index]; }
  std::span<const Link> links() const { return links_; }
  virtual std::string link_name(std::size_t index) const = 0;
  virtual std::string class_name(std::size_t index) const = 0;

  // Switches, counted from 0. One may stand for several that the model does not tell apart (the spines of a
  // cell, the switches above a leaf).
  SwitchId switches() const { return switches_; }
  virtual SwitchId switch_of(FabricPort port) const = 0;
  virtual std::string switch_name(SwitchId at) const = 0;

  // Appends the links from the switch of `from` to that of `to`, each as first + index.
  virtual void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const = 0;

  virtual std::int64_t leaf_of(std::int64_t node) const = 0;   // counted over the whole machine
  virtual std::int64_t group_of(std::int64_t node) const = 0;  // the largest parts: cells, islands

  // NIC i and NIC j meet in the fabric only where i and j are equal modulo this; 1: all do. Data for another
  // rail change it inside the sending node.
  virtual std::int64_t rails() const { return 1; }

  std::int64_t nics_per_node() const { return ports_.nics_per_node; }

  // A number for each port.
  std::uint64_t number_of(FabricPort port) const {
    return static_cast<std::uint64_t>(port.node * ports_.nics_per_node + port.nic);
  }

  // The fabric as it is wired for jobs on nodes at these places; null where it is the same for all.
  virtual std::unique_ptr<const Fabric> for_jobs(std::span<const std::vector<std::int64_t>>) const {
    return nullptr;
  }

 protected:
  Fabric(const FabricPorts& ports, Routing usual);

  // `count` parallel links from one switch to another, as parallel_links(count) links; the index of the first.
  std::size_t join(SwitchId from, SwitchId to, std::int64_t count, BytesPerSecond each, Seconds latency);
  // All links of another fabric, whose switches are numbered from here on; the index of the first.
  std::size_t adopt(const Fabric& part, SwitchId first_switch);
  // The product of the factors; InputError where it is more than can be simulated.
  SwitchId switch_count(std::initializer_list<std::int64_t> factors) const;
  // Into how many links so many parallel ones are told apart.
  std::int64_t parallel_links(std::int64_t count) const { return adaptive() ? 1 : count; }
  bool adaptive() const { return routing_ == Routing::adaptive; }
  // A number that chooses among the links of a trunk, modulo theirs.
  std::uint64_t choice(FabricPort from, FabricPort to) const;
  std::string parallel_name(std::int64_t which, std::int64_t of) const;  // " link 3", or "" of a single one

  SwitchId switches_ = 0;
  FabricPorts ports_;

 private:
  std::vector<Link> links_;
  Routing routing_;
};

std::unique_ptr<Fabric> build_fabric(const FatTreeDescription& tree, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const LeafSpineDescription& fabric, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const RailTreeDescription& fabric, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const MultiPlaneDescription& fabric, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const DragonflyPlusDescription& dragonfly, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const DragonflyDescription& dragonfly, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const TorusDescription& torus, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const HyperXDescription& hyperx, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const OpticalDescription& fabric, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const GraphDescription& graph, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const SitesDescription& sites, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const JoinedDescription& joined, const FabricPorts& ports);
std::unique_ptr<Fabric> build_fabric(const FabricDescription& fabric, const FabricPorts& ports);

}  // namespace aifsim
