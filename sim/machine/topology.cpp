#include "machine/topology.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "catalog/partitions.hpp"
#include "machine/count.hpp"
#include "machine/outage.hpp"

namespace aifsim {

namespace {

// As the platform's own keys have it, which may have been changed since they were read. Of alike nodes of several
// partitions they are the first one's; what the others are stands in the list.
PartitionDescription own_partition(const PlatformDescription& platform, std::int64_t first_place,
                                   const Figure<double>& nodes) {
  return {platform.partition,          first_place,   nodes, platform.node, platform.fabric.injection,
          platform.fabric.nic_latency, platform.place};
}

std::vector<NodeRow> rows_of(const PlatformDescription& platform) {
  std::vector<NodeRow> rows;
  const std::vector<std::string> parts = parts_of_partition(platform.partition);
  for (const PartitionDescription& partition : platform.partitions) {
    PartitionDescription as = partition;
    if (partition.name == parts.front()) {
      as = own_partition(platform, partition.first_place,
                         parts.size() == 1 ? platform.nodes : partition.nodes);
      as.name = partition.name;
      as.machine = partition.machine;
    }
    rows.emplace_back(as, platform.storage);
  }
  if (rows.empty()) rows.emplace_back(own_partition(platform, 0, platform.nodes), platform.storage);
  const std::size_t of_nodes = rows.size();
  rows.reserve(of_nodes + platform.storage.size());
  for (const StorageTierDescription& tier : platform.storage)
    rows.emplace_back(tier, std::span<const NodeRow>(rows.data(), of_nodes));
  LinkId links = 0;
  GpuId gpus = 0;
  for (NodeRow& row : rows) {
    row.first_link = links;
    row.first_gpu = gpus;
    links += static_cast<LinkId>(row.links());
    gpus += row.gpus();
  }
  return rows;
}

// For each NIC, the GPU that hands over to it: one whose own it is, else the NIC takes data itself.
void choose_relays(NodeRow& row) {
  for (std::int64_t nic = 0; nic < row.wiring.nics(); ++nic) {
    row.relays.push_back(row.wiring.nic(nic));
    for (std::int64_t gpu = 0; gpu < row.wiring.gpus(); ++gpu)
      if (row.wiring.nic_of(gpu) == nic) {
        row.relays.back() = row.wiring.gpu(gpu);
        break;
      }
  }
}

FabricPorts ports_of(const PlatformDescription& platform, const std::vector<NodeRow>& rows) {
  FabricPorts ports;
  for (const NodeRow& row : rows) {
    if (!row.places.empty()) continue;  // beside nodes, which have the places
    const std::int64_t nics = row.wiring.nics();
    const BytesPerSecond each =
        nics > 0 ? row.local[static_cast<std::size_t>(row.nic_first)].capacity : BytesPerSecond{0};
    ports.rows.push_back({row.first_place, row.nodes, nics, each});
    ports.nodes = std::max(ports.nodes, row.first_place + row.nodes);
    ports.nics_per_node = std::max(ports.nics_per_node, nics);
  }
  ports.injection =
      rows.front().wiring.nics() > 0 ? ports.rows.front().injection : *platform.fabric.injection;
  ports.hop_latency = *platform.fabric.hop_latency;
  ports.routing = platform.fabric.routing;
  ports.hash = static_cast<std::uint64_t>(platform.fabric.hash);
  ports.efficiency = *platform.fabric.efficiency;
  ports.place = platform.nodes.place;
  return ports;
}

}  // namespace

Topology::Topology(const PlatformDescription& platform) {
  constexpr double most = 32'000'000;  // plans hold a few bytes for each
  std::vector<NodeRow> rows = rows_of(platform);
  double of_nodes = 0;
  for (const NodeRow& row : rows) {
    if (row.wiring.nics() == 0 && (row.nodes > 1 || rows.size() > 1))
      throw InputError(platform.node.nics.place,
                       fmt::format("nics: found 0 on a {} of {} nodes; at least 1 NIC per "
                                   "node would be right",
                                   rows.size() > 1 ? "partition" : "machine", row.nodes));
    of_nodes += static_cast<double>(row.nodes) * static_cast<double>(row.links_per_node());
  }
  fabric_ = build_fabric(platform.fabric, ports_of(platform, rows));
  const double links = of_nodes + static_cast<double>(fabric_->link_count());
  if (links > most)
    throw InputError(platform.nodes.place,
                     fmt::format("{} of nodes, and {} of the fabric, are {} links; at most {} are simulated",
                                 of_nodes, fabric_->link_count(), links, most));
  fabric_first_ = static_cast<LinkId>(of_nodes);
  if (fabric_->rails() > 1)
    for (NodeRow& row : rows) choose_relays(row);
  rows_ = std::make_shared<const std::vector<NodeRow>>(std::move(rows));
  seen_ = rows_named(platform.partition);
}

std::vector<std::size_t> Topology::rows_named(std::string_view partition) const {
  std::vector<std::size_t> named;
  for (const std::string& name : parts_of_partition(partition))
    for (std::size_t i = 0; i < rows_->size(); ++i)
      if ((*rows_)[i].name == name && !(*rows_)[i].serves) named.push_back(i);
  return named.empty() ? std::vector<std::size_t>{0} : named;
}

Topology Topology::partition(std::string_view name) const {
  Topology other = *this;
  other.seen_ = rows_named(name);
  return other;
}

std::vector<Topology> Topology::parts() const {
  std::vector<Topology> views(seen_.size(), *this);
  for (std::size_t i = 0; i < seen_.size(); ++i) views[i].seen_ = {seen_[i]};
  return views;
}

std::string Topology::called() const {
  if (row().name.empty()) return "machine";
  std::string names = row().name;
  for (std::size_t i = 1; i < seen_.size(); ++i) names += "+" + (*rows_)[seen_[i]].name;
  return "partition " + names;
}

bool Topology::same_domain(GpuId a, GpuId b) const {
  const GpuPlace of_a = place_of(a), of_b = place_of(b);
  return of_a.row == of_b.row &&
         of_a.node / of_a.row->nodes_per_domain == of_b.node / of_b.row->nodes_per_domain;
}

BytesPerSecond Topology::injection(std::int64_t first_place, std::int64_t places) const {
  BytesPerSecond sum;
  for (const NodeRow& row : *rows_) {
    if (row.serves) continue;
    const std::int64_t nodes =
        std::min(first_place + places, row.first_place + row.nodes) - std::max(first_place, row.first_place);
    if (nodes > 0 && row.wiring.nics() > 0)
      sum += row.local[static_cast<std::size_t>(row.nic_first)].capacity *
             static_cast<double>(nodes * row.wiring.nics());
  }
  return sum;
}

LinkClass Topology::link_class(LinkId id) const {
  const NodeRow* row = row_of(id);
  return row ? row->local[static_cast<std::size_t>(row->local_of(id))].cls : LinkClass::fabric;
}

LinkInfo Topology::link(LinkId id) const {
  LinkInfo info{"", link_class(id), "", capacity(id), latency(id)};
  if (const NodeRow* row = row_of(id)) {
    info.name = fmt::format("{} {}", row->node_name(row->node_of(id)), row->link_name(row->local_of(id)));
    info.class_name = row->link_class_name(row->local_of(id));
  } else {
    info.name = fabric_->link_name(id - fabric_first_);
    info.class_name = fabric_->class_name(id - fabric_first_);
  }
  return info;
}

void Topology::append_path(const GpuPlace& in, DeviceId from, DeviceId to, std::vector<LinkId>& out) const {
  const NodeWiring* wiring = &in.row->wiring;
  if (outage_)
    if (const auto other = outage_->wirings.find(in.row->first_place + in.node);
        other != outage_->wirings.end())
      wiring = &other->second;
  const auto path = wiring->path(from, to);
  if (path.empty() && from != to)
    throw CannotAnswer(fmt::format("{}: links that are down leave no path between {} and {}",
                                   in.row->node_name(in.node), wiring->devices()[from].name,
                                   wiring->devices()[to].name));
  for (const std::uint32_t local : path) out.push_back(in.row->link(in.node, local));
}

void Topology::append_fabric(FabricPort from, FabricPort to, std::vector<LinkId>& out) const {
  const std::size_t before = out.size();
  fabric_->route(from, to, fabric_first_, out);
  if (!outage_) return;
  const auto down = [&](LinkId id) { return outage_->paths.is_down(id - fabric_first_); };
  if (std::none_of(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), down)) return;
  out.resize(before);
  if (!outage_->paths.path(fabric_->switch_of(from), fabric_->switch_of(to),
                           mixed(mixed(fabric_->number_of(from)) + fabric_->number_of(to)), fabric_first_,
                           out))
    throw CannotAnswer(fmt::format(
        "links that are down leave no way from node {} to node {}: {} does not reach {}", from.node, to.node,
        fabric_->switch_name(fabric_->switch_of(from)), fabric_->switch_name(fabric_->switch_of(to))));
}

void Topology::route(GpuId src, GpuId dst, std::vector<LinkId>& out) const {
  const GpuPlace from = place_of(src), to = place_of(dst);
  const NodeWiring &source = from.row->wiring, &target = to.row->wiring;
  if (from.row == to.row && from.node == to.node) {
    append_path(from, source.gpu(from.index), source.gpu(to.index), out);
  } else if (from.row->nodes_per_domain > 1 && same_domain(src, dst)) {
    append_path(from, source.gpu(from.index), from.row->shared, out);
    append_path(to, to.row->shared, target.gpu(to.index), out);
  } else {
    route_over_nics(from, to, out);
  }
}

// The nearest NIC of the GPU whose cable is not down.
std::int64_t Topology::working_nic(const GpuPlace& of) const {
  const std::int64_t nearest = of.row->wiring.nic_of(of.index), nics = of.row->wiring.nics();
  if (!outage_) return nearest;
  for (std::int64_t i = 0; i < nics; ++i) {
    const std::int64_t nic = (nearest + i) % nics;
    if (!outage_->nodes.contains(of.row->nic_out(of.node, nic)) &&
        !outage_->nodes.contains(of.row->nic_in(of.node, nic)))
      return nic;
  }
  throw CannotAnswer(fmt::format("{}: the links of all its NICs are down", of.row->node_name(of.node)));
}

void Topology::route_over_nics(const GpuPlace& from, const GpuPlace& to, std::vector<LinkId>& out) const {
  const std::int64_t from_nic = working_nic(from), to_nic = working_nic(to);
  const std::int64_t rails = fabric_->rails();
  if (rails == 1 || from_nic % rails == to_nic % rails) {
    route(from, from_nic, to, to_nic, out);
    return;
  }
  // Over the NIC of the receiver's number, so that a rail's NICs share the work.
  if (outage_ && outage_->nodes.contains(from.row->nic_out(from.node, to_nic)))
    throw CannotAnswer(fmt::format("{}: the link of nic{}, which leads to that rail, is down",
                                   from.row->node_name(from.node), to_nic));
  const NodeWiring &source = from.row->wiring, &target = to.row->wiring;
  const DeviceId through = from.row->relays[static_cast<std::size_t>(to_nic)];
  append_path(from, source.gpu(from.index), through, out);
  append_path(from, through, source.nic(to_nic), out);
  out.push_back(from.row->nic_out(from.node, to_nic));
  append_fabric({from.row->first_place + from.node, to_nic}, {to.row->first_place + to.node, to_nic}, out);
  out.push_back(to.row->nic_in(to.node, to_nic));
  append_path(to, target.nic(to_nic), target.gpu(to.index), out);
}

void Topology::route(GpuId src, std::int64_t src_nic, GpuId dst, std::int64_t dst_nic,
                     std::vector<LinkId>& out) const {
  route(place_of(src), src_nic, place_of(dst), dst_nic, out);
}

void Topology::route(const GpuPlace& from, std::int64_t from_nic, const GpuPlace& to, std::int64_t to_nic,
                     std::vector<LinkId>& out) const {
  const NodeWiring &source = from.row->wiring, &target = to.row->wiring;
  append_path(from, source.gpu(from.index), source.nic(from_nic), out);
  out.push_back(from.row->nic_out(from.node, from_nic));
  append_fabric({from.row->first_place + from.node, from_nic}, {to.row->first_place + to.node, to_nic}, out);
  out.push_back(to.row->nic_in(to.node, to_nic));
  append_path(to, target.nic(to_nic), target.gpu(to.index), out);
}

const NodeRow* Topology::servers_of(std::string_view tier) const {
  for (const NodeRow& row : *rows_)
    if (row.serves && row.name == tier) return &row;
  return nullptr;
}

bool Topology::has_drives() const { return !row().storage.empty() && row().storage.back() == node_drives; }

void Topology::route_to_drives(GpuId client, bool write, std::vector<LinkId>& out) const {
  const GpuPlace at = place_of(client);
  out.push_back(at.row->storage_link(at.node, at.row->storage.size() - 1, write));
}

// Over the client's nearest NIC, and that of the server which is asked for, or which its rail has.
void Topology::route_storage(GpuId client, const NodeRow& tier, std::int64_t server, std::int64_t way,
                             bool write, std::vector<LinkId>& out) const {
  const GpuPlace at = place_of(client);
  const std::int64_t nic = working_nic(at), theirs = (fabric_->rails() > 1 ? nic : way) % tier.wiring.nics();
  const LinkId out_of_server = tier.nic_out(server, theirs), into_server = tier.nic_in(server, theirs);
  if (outage_ && (outage_->nodes.contains(out_of_server) || outage_->nodes.contains(into_server)))
    throw CannotAnswer(fmt::format("the link of nic{} of {} is down", theirs, tier.node_name(server)));
  const FabricPort here{at.row->place(at.node), nic},
      there{tier.place(server),
            fabric_->rails() > 1 ? nic : theirs % std::max<std::int64_t>(1, fabric_->nics_per_node())};
  const auto index = static_cast<std::size_t>(
      std::find(at.row->storage.begin(), at.row->storage.end(), tier.name) - at.row->storage.begin());
  const LinkId as_client = at.row->storage_link(at.node, index, write);
  const DeviceId host = at.row->host_of(nic);
  if (write) {
    out.push_back(as_client);
    append_path(at, host, at.row->wiring.nic(nic), out);
    out.push_back(at.row->nic_out(at.node, nic));
    append_fabric(here, there, out);
    out.push_back(into_server);
    out.push_back(tier.storage_link(server, 0, true));
  } else {
    out.push_back(tier.storage_link(server, 0, false));
    out.push_back(out_of_server);
    append_fabric(there, here, out);
    out.push_back(at.row->nic_in(at.node, nic));
    append_path(at, at.row->wiring.nic(nic), host, out);
    out.push_back(as_client);
  }
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
  for (std::size_t i = 0; i < fabric_->link_count(); ++i)
    if (fabric_->link_name(i) == name) return fabric_first_ + static_cast<LinkId>(i);
  for (const NodeRow& row : *rows_) {
    const std::string before =
        fmt::format("{}{}{} ", row.name, row.name.empty() ? "" : " ", row.serves ? "server" : "node");
    if (!name.starts_with(before)) continue;
    std::int64_t node = -1;
    const auto [end, error] = std::from_chars(name.data() + before.size(), name.data() + name.size(), node);
    if (error != std::errc{} || node < 0 || node >= row.nodes) continue;
    for (std::int64_t local = 0; local < row.links_per_node(); ++local)
      if (link(row.link(node, local)).name == name) return row.link(node, local);
  }
  return std::nullopt;
}

std::vector<LinkId> Topology::links_of_class(std::string_view class_name) const {
  std::vector<LinkId> found;
  for (const NodeRow& row : *rows_)
    for (std::int64_t local = 0; local < row.links_per_node(); ++local)
      if (row.link_class_name(local) == class_name)
        for (std::int64_t node = 0; node < row.nodes; ++node) found.push_back(row.link(node, local));
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
  std::map<std::pair<const NodeRow*, std::int64_t>, std::vector<std::uint32_t>>
      cut;  // links of the wiring, by node
  for (const LinkId id : of_nodes) {
    const NodeRow* row = row_of(id);
    if (row->local_of(id) < row->nic_first)
      cut[{row, row->node_of(id)}].push_back(static_cast<std::uint32_t>(row->local_of(id)));
  }
  std::map<std::int64_t, NodeWiring> wirings;
  for (const auto& [node, links] : cut)
    wirings.emplace(node.first->first_place + node.second, node.first->wiring.without(links));
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
  for (const NodeRow& row : *rows_)
    for (std::int64_t node = 0; node < row.nodes; ++node)
      for (std::int64_t nic = 0; nic < row.wiring.nics(); ++nic)
        if (fabric_->switch_of({row.place(node), nic % fabric_->nics_per_node()}) == at) {
          found.push_back(row.nic_out(node, nic));
          found.push_back(row.nic_in(node, nic));
        }
  for (std::size_t i = 0; i < fabric_->link_count(); ++i)
    if (fabric_->link(i).from == at || fabric_->link(i).to == at)
      found.push_back(fabric_first_ + static_cast<LinkId>(i));
  return found;
}

std::optional<Topology> Topology::for_jobs(std::span<const std::vector<std::int64_t>> places) const {
  auto wired = fabric_->for_jobs(places);
  if (!wired) return std::nullopt;
  Topology other = *this;
  other.fabric_ = std::move(wired);
  other.outage_ = nullptr;
  return other;
}

JoinedGpus Topology::joined_gpus() const {
  std::vector<LinkId> links;
  std::int64_t joined = 0, pairs = 0;
  for (std::int64_t a = 0; a < gpus_per_node(); ++a)
    for (std::int64_t b = 0; b < gpus_per_node(); ++b) {
      if (a == b) continue;
      links.clear();
      route(gpu(0, a), gpu(0, b), links);
      joined += links.size() == 1;
      ++pairs;
    }
  return joined == pairs ? JoinedGpus::all : joined > 0 ? JoinedGpus::some : JoinedGpus::none;
}

}  // namespace aifsim
