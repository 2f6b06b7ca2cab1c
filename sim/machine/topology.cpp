#include "machine/topology.hpp"

#include <fmt/core.h>

#include <limits>

#include "base/error.hpp"
#include "machine/count.hpp"

namespace aifsim {

Topology::Topology(const PlatformDescription& platform)
    : nodes_(whole(platform.nodes, "nodes", 1)), wiring_(platform.node) {
  const FabricDescription& fabric = platform.fabric;
  if (wiring_.nics() == 0 && nodes_ > 1)
    throw InputError(platform.node.nics.place,
                     fmt::format("nics: found 0 on a machine of {} nodes; at least 1 NIC per "
                                 "node would be right",
                                 nodes_));
  for (const WiringLink& link : wiring_.links()) local_.push_back({link.cls, link.capacity, link.latency});
  nic_first_ = static_cast<std::int64_t>(local_.size());
  local_.resize(local_.size() + 2 * static_cast<std::size_t>(wiring_.nics()),
                {LinkClass::nic, *fabric.injection, *fabric.nic_latency});
  per_node_ = static_cast<std::int64_t>(local_.size());

  const FabricPorts ports{nodes_, wiring_.nics(), *fabric.injection, *fabric.hop_latency,
                          platform.nodes.place};
  fabric_ = std::visit([&](const auto& topology) { return build_fabric(topology, ports); }, fabric.topology);

  constexpr std::int64_t most = std::numeric_limits<LinkId>::max();
  const std::int64_t links = nodes_ * per_node_ + static_cast<std::int64_t>(fabric_->link_count());
  if (links > most)
    throw CannotAnswer(
        fmt::format("{} has {} links; at most {} can be simulated", platform.name, links, most));
  fabric_first_ = static_cast<LinkId>(nodes_ * per_node_);
}

BytesPerSecond Topology::capacity(LinkId id) const {
  return id < fabric_first_ ? local_[id % local_.size()].capacity
                            : fabric_->link(id - fabric_first_).capacity;
}

Seconds Topology::latency(LinkId id) const {
  return id < fabric_first_ ? local_[id % local_.size()].latency : fabric_->link(id - fabric_first_).latency;
}

LinkClass Topology::link_class(LinkId id) const {
  return id < fabric_first_ ? local_[id % local_.size()].cls : LinkClass::fabric;
}

LinkInfo Topology::link(LinkId id) const {
  LinkInfo info{"", link_class(id), "", capacity(id), latency(id)};
  if (id >= fabric_first_) {
    info.name = fabric_->link_name(id - fabric_first_);
    info.class_name = fabric_->class_name(id - fabric_first_);
    return info;
  }
  const std::int64_t node = id / per_node_, local = id % per_node_;
  if (local >= nic_first_) {
    const std::int64_t port = local - nic_first_;
    const char* direction = port % 2 == 0 ? "out" : "in";
    info.name = fmt::format("node {} nic{} {}", node, port / 2, direction);
    info.class_name = fmt::format("nic {}", direction);
    return info;
  }
  const WiringLink& link = wiring_.links()[static_cast<std::size_t>(local)];
  const Device &from = wiring_.devices()[link.from], &to = wiring_.devices()[link.to];
  info.name = fmt::format("node {} {}>{}", node, from.name, to.name);
  info.class_name = fmt::format("{}-{}", from.kind, to.kind);
  return info;
}

void Topology::append_path(std::int64_t node, DeviceId from, DeviceId to, std::vector<LinkId>& out) const {
  for (const std::uint32_t local : wiring_.path(from, to)) out.push_back(node_link(node, local));
}

void Topology::route(GpuId src, GpuId dst, std::vector<LinkId>& out) const {
  const std::int64_t from = src % gpus_per_node(), to = dst % gpus_per_node();
  if (src / gpus_per_node() == dst / gpus_per_node())
    append_path(src / gpus_per_node(), wiring_.gpu(from), wiring_.gpu(to), out);
  else
    route(src, nic_of(from), dst, nic_of(to), out);
}

void Topology::route(GpuId src, std::int64_t src_nic, GpuId dst, std::int64_t dst_nic,
                     std::vector<LinkId>& out) const {
  const std::int64_t src_node = src / gpus_per_node(), dst_node = dst / gpus_per_node();
  append_path(src_node, wiring_.gpu(src % gpus_per_node()), wiring_.nic(src_nic), out);
  out.push_back(nic_out(src_node, src_nic));
  fabric_->route({src_node, src_nic}, {dst_node, dst_nic}, fabric_first_, out);
  out.push_back(nic_in(dst_node, dst_nic));
  append_path(dst_node, wiring_.nic(dst_nic), wiring_.gpu(dst % gpus_per_node()), out);
}

Seconds Topology::latency_of(std::span<const LinkId> links) const {
  Seconds sum;
  for (const LinkId id : links) sum += latency(id);
  return sum;
}

Seconds Topology::route_latency(GpuId src, GpuId dst) const {
  std::vector<LinkId> links;
  route(src, dst, links);
  return latency_of(links);
}

}  // namespace aifsim
