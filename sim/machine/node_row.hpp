// Like nodes in a row on the fabric, those of a partition or the servers of a storage tier, and how their links and GPUs
// are numbered: node by node, each node's wiring, then NIC out and NIC in of each of its NICs, then what storage lets
// through, reading and writing: of a server its media, of a node each tier's client and its own drives.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catalog/platform.hpp"
#include "machine/link.hpp"
#include "machine/wiring.hpp"

namespace aifsim {

struct NodeRow {
  struct LocalLink {
    LinkClass cls = LinkClass::host;
    BytesPerSecond capacity;
    Seconds latency;
  };

  std::string name;     // of the partition; "" where all nodes are alike; of the tier
  bool serves = false;  // a tier's servers
  std::int64_t nodes = 0;
  std::int64_t first_place = 0;      // on the fabric
  std::vector<std::int64_t> places;  // instead: of each server, beside nodes
  NodeWiring wiring;
  std::vector<LocalLink> local;  // links of one node
  std::int64_t nic_first = 0;    // local index of NIC 0's link out
  std::vector<std::string>
      storage;  // what has two links there: the tiers by number, then nvme; "media" of a server
  std::int64_t nodes_per_domain = 1;
  DeviceId shared = 0;           // the domain's device
  std::vector<DeviceId> relays;  // on rails, by NIC: the GPU that hands over to it, or the NIC itself
  // Of its first node, among those of the machine.
  LinkId first_link = 0;
  GpuId first_gpu = 0;

  // One of a machine's; the numbers of links and GPUs are left to it.
  NodeRow(const PartitionDescription& partition, const std::vector<StorageTierDescription>& tiers);
  // A tier's, on a fabric whose nodes have these places, one after the other.
  NodeRow(const StorageTierDescription& tier, std::span<const NodeRow> nodes);

  std::int64_t place(std::int64_t node) const {
    return places.empty() ? first_place + node : places[static_cast<std::size_t>(node)];
  }
  Seconds nic_latency() const { return local[static_cast<std::size_t>(nic_first)].latency; }
  std::int64_t gpus_per_node() const { return wiring.gpus(); }
  std::int64_t gpus() const { return nodes * gpus_per_node(); }
  std::int64_t links_per_node() const { return static_cast<std::int64_t>(local.size()); }
  std::int64_t links() const { return nodes * links_per_node(); }
  bool holds(LinkId id) const { return id >= first_link && id < first_link + links(); }
  std::int64_t node_of(LinkId id) const { return (id - first_link) / links_per_node(); }
  std::int64_t local_of(LinkId id) const { return (id - first_link) % links_per_node(); }
  LinkId link(std::int64_t node, std::int64_t of_node) const {
    return static_cast<LinkId>(first_link + node * links_per_node() + of_node);
  }
  LinkId nic_out(std::int64_t node, std::int64_t nic) const { return link(node, nic_first + 2 * nic); }
  LinkId nic_in(std::int64_t node, std::int64_t nic) const { return link(node, nic_first + 2 * nic + 1); }
  // Of what `storage` has at this index.
  LinkId storage_link(std::int64_t node, std::size_t index, bool write) const {
    return link(node, nic_first + 2 * wiring.nics() + 2 * static_cast<std::int64_t>(index) + (write ? 1 : 0));
  }
  // The CPU next to a NIC; the NIC itself where the wiring has no way to one.
  DeviceId host_of(std::int64_t nic) const;
  std::string node_name(std::int64_t node) const;     // "node 12", "lisa node 12", "flash server 3"
  std::string link_name(std::int64_t of_node) const;  // within its node: "gpu0>gpu1", "nic0 out"
  std::string link_class_name(std::int64_t of_node) const;

 private:
  void set_domain(const ScaleUpDescription& scale_up);
};

}  // namespace aifsim
