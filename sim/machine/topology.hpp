// A whole machine: alike nodes with their wiring, and the fabric between them. Every route is computed from
// the coordinates of its ends; nothing is stored per pair, so the largest machines are built at once.
//
//   route      = wiring path GPU -> NIC, NIC out, fabric, NIC in, wiring path NIC -> GPU
//   latency    = sum over its links; a NIC's link carries `nic_latency`, a hop between switches `hop_latency`
//
// Links are numbered node by node (wiring, then NIC out and NIC in), then the fabric's.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "catalog/platform.hpp"
#include "machine/fabric.hpp"
#include "machine/link.hpp"
#include "machine/wiring.hpp"

namespace aifsim {

class Topology {
 public:
  explicit Topology(const PlatformDescription& platform);

  std::int64_t nodes() const { return nodes_; }
  std::int64_t gpus_per_node() const { return wiring_.gpus(); }
  std::int64_t nics_per_node() const { return wiring_.nics(); }
  std::int64_t gpus() const { return nodes_ * gpus_per_node(); }
  const NodeWiring& wiring() const { return wiring_; }

  std::int64_t nic_of(std::int64_t local_gpu) const { return wiring_.nic_of(local_gpu); }
  std::int64_t leaf_of(std::int64_t node) const { return fabric_->leaf_of(node); }
  std::int64_t group_of(std::int64_t node) const { return fabric_->group_of(node); }  // cell or island

  std::size_t link_count() const { return fabric_first_ + fabric_->link_count(); }
  LinkInfo link(LinkId id) const;
  BytesPerSecond capacity(LinkId id) const;
  Seconds latency(LinkId id) const;
  LinkClass link_class(LinkId id) const;
  LinkId links_per_node() const { return static_cast<LinkId>(per_node_); }
  // The node that a link belongs to; -1 for the fabric's.
  std::int64_t node_of(LinkId id) const { return id < fabric_first_ ? id / per_node_ : -1; }

  LinkId nic_out(std::int64_t node, std::int64_t nic) const { return node_link(node, nic_first_ + 2 * nic); }
  LinkId nic_in(std::int64_t node, std::int64_t nic) const {
    return node_link(node, nic_first_ + 2 * nic + 1);
  }

  // Appends the links from `src` to `dst`, in order; none from a GPU to itself. Between nodes it leaves and
  // enters through each GPU's nearest NIC, or through those given (which count within their nodes).
  void route(GpuId src, GpuId dst, std::vector<LinkId>& out) const;
  void route(GpuId src, std::int64_t src_nic, GpuId dst, std::int64_t dst_nic,
             std::vector<LinkId>& out) const;
  Seconds route_latency(GpuId src, GpuId dst) const;
  Seconds latency_of(std::span<const LinkId> links) const;

 private:
  struct LocalLink {
    LinkClass cls = LinkClass::host;
    BytesPerSecond capacity;
    Seconds latency;
  };

  LinkId node_link(std::int64_t node, std::int64_t local) const {
    return static_cast<LinkId>(node * per_node_ + local);
  }
  void append_path(std::int64_t node, DeviceId from, DeviceId to, std::vector<LinkId>& out) const;

  std::int64_t nodes_;
  NodeWiring wiring_;
  std::vector<LocalLink> local_;  // links of one node
  std::int64_t per_node_ = 0;     // = local_.size()
  std::int64_t nic_first_ = 0;    // local index of NIC 0's link out
  LinkId fabric_first_ = 0;
  std::unique_ptr<const Fabric> fabric_;
};

}  // namespace aifsim
