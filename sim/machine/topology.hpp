// A whole machine: alike nodes with their wiring, and the fabric between them. Every route is computed from
// the coordinates of its ends; nothing is stored per pair, so the largest machines are built at once.
//
//   route      = wiring path GPU -> NIC, NIC out, fabric, NIC in, wiring path NIC -> GPU
//   in a domain  GPU -> shared scale-up switch, scale-up switch -> GPU: nodes of a domain have that device in
//                common, and it never holds anything up
//   latency    = sum over its links; a NIC's link carries `nic_latency`, a hop between switches `hop_latency`
//
// Links are numbered node by node (wiring, then NIC out and NIC in), then the fabric's.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
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
  const Fabric& fabric() const { return *fabric_; }
  LinkId fabric_first() const { return fabric_first_; }  // the fabric's link i is fabric_first() + i

  // Nodes that share their scale-up switch: domain d holds the nodes d * nodes_per_domain() and following.
  std::int64_t nodes_per_domain() const { return nodes_per_domain_; }
  std::int64_t gpus_per_domain() const { return nodes_per_domain_ * gpus_per_node(); }
  bool same_domain(GpuId a, GpuId b) const { return a / gpus_per_domain() == b / gpus_per_domain(); }

  bool direct_gpus() const;  // whether one link joins any two GPUs of a node

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

  // By the name that link() gives; none where no link has it.
  std::optional<LinkId> find_link(std::string_view name) const;
  std::vector<LinkId> links_of_class(std::string_view class_name) const;
  std::optional<SwitchId> find_switch(std::string_view name) const;
  // All links from and to a switch, those of the NICs that are plugged into it among them.
  std::vector<LinkId> links_of_switch(SwitchId at) const;
  std::int64_t cables(LinkId id) const {  // that a link stands for
    return id < fabric_first_ ? 1 : fabric_->link(id - fabric_first_).cables;
  }

  // The same machine with these links down (as well as those that were). Routes avoid them: by another way of
  // the fewest hops through the fabric, another NIC, or another path inside the node. Where nothing is left,
  // route() throws CannotAnswer and names the pair.
  Topology without(std::span<const LinkId> failed) const;
  // The machine with its optical circuits switched for jobs on these nodes; none where it is the same for
  // all.
  std::optional<Topology> for_jobs(std::span<const std::vector<std::int64_t>> nodes) const;

 private:
  struct LocalLink {
    LinkClass cls = LinkClass::host;
    BytesPerSecond capacity;
    Seconds latency;
  };

  LinkId node_link(std::int64_t node, std::int64_t local) const {
    return static_cast<LinkId>(node * per_node_ + local);
  }
  struct Outage;  // links that are down, and the ways around them

  void append_path(std::int64_t node, DeviceId from, DeviceId to, std::vector<LinkId>& out) const;
  void append_fabric(FabricPort from, FabricPort to, std::vector<LinkId>& out) const;
  void route_over_nics(GpuId src, GpuId dst, std::vector<LinkId>& out) const;
  std::int64_t working_nic(std::int64_t node, std::int64_t gpu) const;
  void set_domain(const ScaleUpDescription& scale_up);
  void choose_relays();

  std::int64_t nodes_;
  NodeWiring wiring_;
  std::vector<LocalLink> local_;  // links of one node
  std::int64_t per_node_ = 0;     // = local_.size()
  std::int64_t nic_first_ = 0;    // local index of NIC 0's link out
  LinkId fabric_first_ = 0;
  std::int64_t nodes_per_domain_ = 1;
  DeviceId shared_ = 0;  // the domain's device
  std::shared_ptr<const Fabric> fabric_;
  std::vector<DeviceId> relays_;  // by NIC: the GPU that hands over to it, or the NIC itself
  std::shared_ptr<const Outage> outage_;
};

}  // namespace aifsim
