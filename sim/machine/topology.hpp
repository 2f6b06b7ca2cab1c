// A whole machine: rows of alike nodes with their wiring, and the fabric between them, as a job on one of its
// partitions sees it: nodes are that partition's, numbered from 0; links and GPUs are numbered over the whole machine.
// Every route is computed from the coordinates of its ends; nothing is stored per pair, so the largest machines are built
// at once.
//
//   route      = wiring path GPU -> NIC, NIC out, fabric, NIC in, wiring path NIC -> GPU
//   in a domain  GPU -> shared scale-up switch, scale-up switch -> GPU: nodes of a domain have that device in
//                common, and it never holds anything up
//   latency    = sum over its links; a NIC's link carries `nic_latency`, a hop between switches `hop_latency`
//
//   storage    = a server's media, NIC out, fabric, NIC in, wiring path to the host, the node's client; and back
//
// Links are numbered row by row and node by node (node_row.hpp), rows of nodes before those of servers, then the fabric's.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/platform.hpp"
#include "machine/fabric.hpp"
#include "machine/link.hpp"
#include "machine/node_row.hpp"

namespace aifsim {

// Pairs of GPUs of a node that one link joins.
enum class JoinedGpus { none, some, all };

class Topology {
 public:
  explicit Topology(const PlatformDescription& platform);

  // The same machine as a job on another of its partitions sees it; on "a+b" it sees the nodes of both, a's first.
  Topology partition(std::string_view name) const;
  // Views of one partition each, of those that this one sees.
  std::vector<Topology> parts() const;

  std::int64_t nodes() const {
    std::int64_t sum = 0;
    for (const std::size_t at : seen_) sum += (*rows_)[at].nodes;
    return sum;
  }
  std::int64_t gpus_per_node() const { return row().gpus_per_node(); }
  std::int64_t nics_per_node() const { return row().wiring.nics(); }
  std::int64_t gpus() const { return nodes() * gpus_per_node(); }
  const NodeWiring& wiring() const { return row().wiring; }
  const Fabric& fabric() const { return *fabric_; }
  LinkId fabric_first() const { return fabric_first_; }  // the fabric's link i is fabric_first() + i
  std::string called() const;                            // "machine", "partition lisa"

  // Of all partitions and storage tiers, in the order of their links.
  std::span<const NodeRow> rows() const { return *rows_; }
  // That a link belongs to; null for the fabric's.
  const NodeRow* row_of(LinkId id) const {
    if (id >= fabric_first_) return nullptr;
    const NodeRow* row = rows_->data();
    while (!row->holds(id)) ++row;
    return row;
  }
  // GPUs are numbered row by row, node by node.
  GpuId gpu(std::int64_t node, std::int64_t index) const {
    const NodeRow& in = row_with(node);
    return in.first_gpu + node * in.gpus_per_node() + index;
  }
  struct GpuPlace {
    const NodeRow* row = nullptr;
    std::int64_t node = 0, index = 0;
  };
  GpuPlace place_of(GpuId gpu) const {
    const NodeRow* in = &row();
    if (gpu < in->first_gpu || gpu >= in->first_gpu + in->gpus())
      for (in = rows_->data(); gpu >= in->first_gpu + in->gpus();) ++in;
    const GpuId at = gpu - in->first_gpu;
    const std::int64_t node = at / in->gpus_per_node();
    return {in, node, at - node * in->gpus_per_node()};
  }

  // Nodes that share their scale-up switch: domain d holds the nodes d * nodes_per_domain() and following.
  std::int64_t nodes_per_domain() const { return row().nodes_per_domain; }
  std::int64_t gpus_per_domain() const { return nodes_per_domain() * gpus_per_node(); }
  bool same_domain(GpuId a, GpuId b) const;

  JoinedGpus joined_gpus() const;

  std::int64_t nic_of(std::int64_t local_gpu) const { return wiring().nic_of(local_gpu); }
  FabricPort port(std::int64_t node, std::int64_t nic) const {
    const NodeRow& in = row_with(node);
    return {in.first_place + node, nic};
  }
  std::int64_t leaf_of(std::int64_t node) const { return fabric_->leaf_of(port(node, 0).node); }
  std::int64_t group_of(std::int64_t node) const {
    return fabric_->group_of(port(node, 0).node);
  }  // cell, island
  // Of all NICs whose nodes are in so many places of the fabric.
  BytesPerSecond injection(std::int64_t first_place, std::int64_t places) const;

  std::size_t link_count() const { return fabric_first_ + fabric_->link_count(); }
  LinkInfo link(LinkId id) const;
  BytesPerSecond capacity(LinkId id) const {
    const NodeRow* row = row_of(id);
    return row ? row->local[static_cast<std::size_t>(row->local_of(id))].capacity
               : fabric_->link(id - fabric_first_).capacity;
  }
  Seconds latency(LinkId id) const {
    const NodeRow* row = row_of(id);
    return row ? row->local[static_cast<std::size_t>(row->local_of(id))].latency
               : fabric_->link(id - fabric_first_).latency;
  }
  LinkClass link_class(LinkId id) const;

  LinkId nic_out(std::int64_t node, std::int64_t nic) const {
    const NodeRow& in = row_with(node);
    return in.nic_out(node, nic);
  }
  LinkId nic_in(std::int64_t node, std::int64_t nic) const {
    const NodeRow& in = row_with(node);
    return in.nic_in(node, nic);
  }

  // Appends the links from `src` to `dst`, in order; none from a GPU to itself. Between nodes it leaves and
  // enters through each GPU's nearest NIC, or through those given (which count within their nodes).
  void route(GpuId src, GpuId dst, std::vector<LinkId>& out) const;
  void route(GpuId src, std::int64_t src_nic, GpuId dst, std::int64_t dst_nic,
             std::vector<LinkId>& out) const;
  Seconds route_latency(GpuId src, GpuId dst) const;

  // Storage. A tier's servers, null where no tier has that name; whether the partition's nodes have drives.
  const NodeRow* servers_of(std::string_view tier) const;
  bool has_drives() const;
  // NICs of a server between which a client may choose; one where rails leave no choice.
  std::int64_t storage_ways(const NodeRow& tier) const {
    return fabric_->rails() > 1 ? 1 : tier.wiring.nics();
  }
  // Appends the links between the host memory that a GPU's process works in and a server, or its node's drives.
  void route_storage(GpuId client, const NodeRow& tier, std::int64_t server, std::int64_t way, bool write,
                     std::vector<LinkId>& out) const;
  void route_to_drives(GpuId client, bool write, std::vector<LinkId>& out) const;
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
  // The machine with its optical circuits switched for jobs on nodes at these places of the fabric; none where it is
  // the same for all.
  std::optional<Topology> for_jobs(std::span<const std::vector<std::int64_t>> places) const;

 private:
  struct Outage;  // links that are down, and the ways around them

  const NodeRow& row() const { return (*rows_)[seen_.front()]; }
  // Of a node that is seen; its number becomes that in the row.
  const NodeRow& row_with(std::int64_t& node) const {
    auto at = seen_.begin();
    for (; at + 1 != seen_.end() && node >= (*rows_)[*at].nodes; ++at) node -= (*rows_)[*at].nodes;
    return (*rows_)[*at];
  }
  std::vector<std::size_t> rows_named(std::string_view partition) const;
  void append_path(const GpuPlace& in, DeviceId from, DeviceId to, std::vector<LinkId>& out) const;
  void append_fabric(FabricPort from, FabricPort to, std::vector<LinkId>& out) const;
  void route_over_nics(const GpuPlace& from, const GpuPlace& to, std::vector<LinkId>& out) const;
  void route(const GpuPlace& from, std::int64_t from_nic, const GpuPlace& to, std::int64_t to_nic,
             std::vector<LinkId>& out) const;
  std::int64_t working_nic(const GpuPlace& of) const;

  std::shared_ptr<const std::vector<NodeRow>> rows_;
  std::vector<std::size_t> seen_{0};  // rows of alike nodes
  LinkId fabric_first_ = 0;
  std::shared_ptr<const Fabric> fabric_;
  std::shared_ptr<const Outage> outage_;
};

}  // namespace aifsim
