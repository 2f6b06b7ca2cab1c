#include "machine/topology.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "machine/count.hpp"
#include "machine/outage.hpp"

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

  const FabricPorts ports{nodes_,         wiring_.nics(),     *fabric.injection,   *fabric.hop_latency,
                          fabric.routing, *fabric.efficiency, platform.nodes.place};
  fabric_ = build_fabric(fabric, ports);
  set_domain(platform.node.scale_up);

  constexpr std::int64_t most = 32'000'000;  // plans hold a few bytes for each
  const std::int64_t links = nodes_ * per_node_ + static_cast<std::int64_t>(fabric_->link_count());
  if (links > most)
    throw InputError(
        platform.nodes.place,
        fmt::format("{} nodes of {} links, and {} of the fabric, are {} links; at most {} are simulated",
                    nodes_, per_node_, fabric_->link_count(), links, most));
  fabric_first_ = static_cast<LinkId>(nodes_ * per_node_);
  choose_relays();
}

void Topology::set_domain(const ScaleUpDescription& scale_up) {
  nodes_per_domain_ = whole(scale_up.nodes, "scale_up: nodes", 1);
  if (nodes_per_domain_ == 1) return;
  const auto& devices = wiring_.devices();
  const auto at = std::find_if(devices.begin(), devices.end(),
                               [&](const Device& d) { return d.name == scale_up.through; });
  if (at == devices.end())
    throw InputError(scale_up.place, fmt::format("scale_up: the wiring has no device {}; found {} others",
                                                 scale_up.through, devices.size()));
  shared_ = static_cast<DeviceId>(at - devices.begin());
}

// For each NIC, the GPU that hands over to it: one whose own it is, else the NIC takes data itself.
void Topology::choose_relays() {
  if (fabric_->rails() == 1) return;
  for (std::int64_t nic = 0; nic < nics_per_node(); ++nic) {
    relays_.push_back(wiring_.nic(nic));
    for (std::int64_t gpu = 0; gpu < gpus_per_node(); ++gpu)
      if (nic_of(gpu) == nic) {
        relays_.back() = wiring_.gpu(gpu);
        break;
      }
  }
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
  const NodeWiring* wiring = &wiring_;
  if (outage_)
    if (const auto other = outage_->wirings.find(node); other != outage_->wirings.end())
      wiring = &other->second;
  const auto path = wiring->path(from, to);
  if (path.empty() && from != to)
    throw CannotAnswer(fmt::format("node {}: links that are down leave no path between {} and {}", node,
                                   wiring_.devices()[from].name, wiring_.devices()[to].name));
  for (const std::uint32_t local : path) out.push_back(node_link(node, local));
}

void Topology::append_fabric(FabricPort from, FabricPort to, std::vector<LinkId>& out) const {
  const std::size_t before = out.size();
  fabric_->route(from, to, fabric_first_, out);
  if (!outage_) return;
  const auto down = [&](LinkId id) { return outage_->paths.is_down(id - fabric_first_); };
  if (std::none_of(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), down)) return;
  out.resize(before);
  const auto number = [&](FabricPort port) {
    return static_cast<std::uint64_t>(port.node * nics_per_node() + port.nic);
  };
  if (!outage_->paths.path(fabric_->switch_of(from), fabric_->switch_of(to),
                           mixed(mixed(number(from)) + number(to)), fabric_first_, out))
    throw CannotAnswer(fmt::format(
        "links that are down leave no way from node {} to node {}: {} does not reach {}", from.node, to.node,
        fabric_->switch_name(fabric_->switch_of(from)), fabric_->switch_name(fabric_->switch_of(to))));
}

void Topology::route(GpuId src, GpuId dst, std::vector<LinkId>& out) const {
  const std::int64_t from_node = src / gpus_per_node(), to_node = dst / gpus_per_node();
  const std::int64_t from = src - from_node * gpus_per_node(), to = dst - to_node * gpus_per_node();
  if (from_node == to_node) {
    append_path(from_node, wiring_.gpu(from), wiring_.gpu(to), out);
  } else if (nodes_per_domain_ > 1 && same_domain(src, dst)) {
    append_path(from_node, wiring_.gpu(from), shared_, out);
    append_path(to_node, shared_, wiring_.gpu(to), out);
  } else {
    route_over_nics(src, dst, out);
  }
}

// The nearest NIC of the GPU whose cable is not down.
std::int64_t Topology::working_nic(std::int64_t node, std::int64_t gpu) const {
  const std::int64_t nearest = nic_of(gpu);
  if (!outage_) return nearest;
  for (std::int64_t i = 0; i < nics_per_node(); ++i) {
    const std::int64_t nic = (nearest + i) % nics_per_node();
    if (!outage_->nodes.contains(nic_out(node, nic)) && !outage_->nodes.contains(nic_in(node, nic)))
      return nic;
  }
  throw CannotAnswer(fmt::format("node {}: the links of all its NICs are down", node));
}

void Topology::route_over_nics(GpuId src, GpuId dst, std::vector<LinkId>& out) const {
  const std::int64_t src_node = src / gpus_per_node(), dst_node = dst / gpus_per_node();
  const std::int64_t from = working_nic(src_node, src % gpus_per_node()),
                     to = working_nic(dst_node, dst % gpus_per_node());
  const std::int64_t rails = fabric_->rails();
  if (rails == 1 || from % rails == to % rails) {
    route(src, from, dst, to, out);
    return;
  }
  // Over the NIC of the receiver's number, so that a rail's NICs share the work.
  if (outage_ && outage_->nodes.contains(nic_out(src_node, to)))
    throw CannotAnswer(
        fmt::format("node {}: the link of nic{}, which leads to that rail, is down", src_node, to));
  const DeviceId through = relays_[static_cast<std::size_t>(to)];
  append_path(src_node, wiring_.gpu(src % gpus_per_node()), through, out);
  append_path(src_node, through, wiring_.nic(to), out);
  out.push_back(nic_out(src_node, to));
  append_fabric({src_node, to}, {dst_node, to}, out);
  out.push_back(nic_in(dst_node, to));
  append_path(dst_node, wiring_.nic(to), wiring_.gpu(dst % gpus_per_node()), out);
}

void Topology::route(GpuId src, std::int64_t src_nic, GpuId dst, std::int64_t dst_nic,
                     std::vector<LinkId>& out) const {
  const std::int64_t src_node = src / gpus_per_node(), dst_node = dst / gpus_per_node();
  append_path(src_node, wiring_.gpu(src % gpus_per_node()), wiring_.nic(src_nic), out);
  out.push_back(nic_out(src_node, src_nic));
  append_fabric({src_node, src_nic}, {dst_node, dst_nic}, out);
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

std::optional<LinkId> Topology::find_link(std::string_view name) const {
  std::int64_t node = -1;
  if (name.starts_with("node ")) {
    const char* begin = name.data() + 5;
    const auto [end, error] = std::from_chars(begin, name.data() + name.size(), node);
    if (error != std::errc{} || node < 0 || node >= nodes_) return std::nullopt;
  }
  const LinkId first = node < 0 ? fabric_first_ : node_link(node, 0);
  const std::size_t count = node < 0 ? fabric_->link_count() : local_.size();
  for (LinkId id = first; id < first + count; ++id)
    if (link(id).name == name) return id;
  return std::nullopt;
}

std::vector<LinkId> Topology::links_of_class(std::string_view class_name) const {
  std::vector<LinkId> found;
  for (LinkId local = 0; local < links_per_node(); ++local)
    if (link(local).class_name == class_name)
      for (std::int64_t node = 0; node < nodes_; ++node) found.push_back(node_link(node, local));
  for (std::size_t i = 0; i < fabric_->link_count(); ++i)
    if (fabric_->class_name(i) == class_name) found.push_back(fabric_first_ + static_cast<LinkId>(i));
  std::sort(found.begin(), found.end());
  return found;
}

Topology Topology::without(std::span<const LinkId> failed) const {
  std::vector<bool> down(fabric_->link_count(), false);
  std::unordered_set<LinkId> of_nodes;
  if (outage_) {
    of_nodes = outage_->nodes;
    for (std::size_t i = 0; i < down.size(); ++i) down[i] = outage_->paths.is_down(i);
  }
  for (const LinkId id : failed) {
    if (id >= fabric_first_)
      down.at(id - fabric_first_) = true;
    else
      of_nodes.insert(id);
  }
  std::map<std::int64_t, std::vector<std::uint32_t>> cut;  // links of the wiring, by node
  for (const LinkId id : of_nodes)
    if (id % per_node_ < nic_first_)
      cut[id / per_node_].push_back(static_cast<std::uint32_t>(id % per_node_));
  std::map<std::int64_t, NodeWiring> wirings;
  for (const auto& [node, links] : cut) wirings.emplace(node, wiring_.without(links));
  Topology other = *this;
  other.outage_ = std::shared_ptr<const Outage>(
      new Outage{std::move(of_nodes),
                 std::move(wirings),
                 {fabric_->links(), fabric_->switches(), std::move(down)}});  // it cannot be moved
  return other;
}

std::optional<SwitchId> Topology::find_switch(std::string_view name) const {
  for (SwitchId at = 0; at < fabric_->switches(); ++at)
    if (fabric_->switch_name(at) == name) return at;
  return std::nullopt;
}

std::vector<LinkId> Topology::links_of_switch(SwitchId at) const {
  std::vector<LinkId> found;
  for (std::int64_t node = 0; node < nodes_; ++node)
    for (std::int64_t nic = 0; nic < nics_per_node(); ++nic)
      if (fabric_->switch_of({node, nic}) == at) {
        found.push_back(nic_out(node, nic));
        found.push_back(nic_in(node, nic));
      }
  for (std::size_t i = 0; i < fabric_->link_count(); ++i)
    if (fabric_->link(i).from == at || fabric_->link(i).to == at)
      found.push_back(fabric_first_ + static_cast<LinkId>(i));
  return found;
}

std::optional<Topology> Topology::for_jobs(std::span<const std::vector<std::int64_t>> nodes) const {
  auto wired = fabric_->for_jobs(nodes);
  if (!wired) return std::nullopt;
  Topology other = *this;
  other.fabric_ = std::move(wired);
  other.outage_ = nullptr;
  return other;
}

bool Topology::direct_gpus() const {
  std::vector<LinkId> links;
  for (std::int64_t a = 0; a < gpus_per_node(); ++a)
    for (std::int64_t b = 0; b < gpus_per_node(); ++b) {
      if (a == b) continue;
      links.clear();
      route(static_cast<GpuId>(a), static_cast<GpuId>(b), links);
      if (links.size() != 1) return false;
    }
  return true;
}

}  // namespace aifsim
