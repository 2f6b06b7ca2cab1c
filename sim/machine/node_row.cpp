#include "machine/node_row.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"

namespace aifsim {
namespace {

// A server is its NICs and its media.
NodeDescription server_of(const StorageTierDescription& tier) {
  NodeDescription server;
  server.nics = tier.nics;
  return server;
}

// Places beside nodes, evenly spread over them all.
std::vector<std::int64_t> spread(std::int64_t servers, const std::vector<const NodeRow*>& rows) {
  std::int64_t nodes = 0;
  for (const NodeRow* row : rows) nodes += row->nodes;
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < servers; ++i) {
    std::int64_t node = (2 * i + 1) * nodes / (2 * servers);
    auto row = rows.begin();
    for (; node >= (*row)->nodes; ++row) node -= (*row)->nodes;
    places.push_back((*row)->place(node));
  }
  return places;
}

// Rows that the tier's servers stand beside.
std::vector<const NodeRow*> beside(const StorageTierDescription& tier, std::span<const NodeRow> rows) {
  std::vector<const NodeRow*> found;
  for (const NodeRow& row : rows)
    if (tier.beside.empty() ||
        std::find(tier.beside.begin(), tier.beside.end(), row.name) != tier.beside.end())
      found.push_back(&row);
  return found;
}

}  // namespace

NodeRow::NodeRow(const PartitionDescription& partition, const std::vector<StorageTierDescription>& tiers)
    : name(partition.name),
      nodes(whole(partition.nodes, "nodes", 1)),
      first_place(partition.first_place),
      wiring(partition.node) {
  for (const WiringLink& link : wiring.links()) local.push_back({link.cls, link.capacity, link.latency});
  nic_first = static_cast<std::int64_t>(local.size());
  local.resize(local.size() + 2 * static_cast<std::size_t>(wiring.nics()),
               {LinkClass::nic, *partition.injection, *partition.nic_latency});
  const BytesPerSecond network = *partition.injection * static_cast<double>(wiring.nics());
  for (const StorageTierDescription& tier : tiers) {
    storage.push_back(tier.name);
    for (const BytesPerSecond most : {*tier.client_read, *tier.client_write})
      local.push_back({LinkClass::storage, most.value > 0 ? most : network, Seconds{0}});
  }
  if (const auto& drives = partition.node.nvme) {
    storage.emplace_back(node_drives);
    for (const BytesPerSecond rate : {*drives->read, *drives->write})
      local.push_back({LinkClass::storage, rate, Seconds{0}});
  }
  set_domain(partition.node.scale_up);
}

NodeRow::NodeRow(const StorageTierDescription& tier, std::span<const NodeRow> rows)
    : name(tier.name),
      serves(true),
      nodes(whole(tier.servers, "servers", 1)),
      first_place(tier.first_place),
      wiring(server_of(tier)) {
  const std::vector<const NodeRow*> there = beside(tier, rows);
  if (first_place < 0) places = spread(nodes, there);
  local.resize(2 * static_cast<std::size_t>(wiring.nics()),
               {LinkClass::nic, *tier.injection, there.front()->nic_latency()});
  storage.emplace_back("media");
  for (const BytesPerSecond rate : {*tier.read, *tier.write})
    local.push_back({LinkClass::storage, rate / static_cast<double>(nodes), Seconds{0}});
}

void NodeRow::set_domain(const ScaleUpDescription& scale_up) {
  nodes_per_domain = whole(scale_up.nodes, "scale_up: nodes", 1);
  if (nodes_per_domain == 1) return;
  const auto& devices = wiring.devices();
  const auto at = std::find_if(devices.begin(), devices.end(),
                               [&](const Device& d) { return d.name == scale_up.through; });
  if (at == devices.end())
    throw InputError(scale_up.place, fmt::format("scale_up: the wiring has no device {}; found {} others",
                                                 scale_up.through, devices.size()));
  shared = static_cast<DeviceId>(at - devices.begin());
}

DeviceId NodeRow::host_of(std::int64_t nic) const {
  DeviceId nearest = wiring.nic(nic);
  std::size_t fewest = 0;
  for (DeviceId id = 0; id < wiring.devices().size(); ++id) {
    if (wiring.devices()[id].kind != "cpu") continue;
    const std::size_t links = wiring.path(wiring.nic(nic), id).size();
    if (links == 0 || (fewest > 0 && links >= fewest)) continue;
    nearest = id;
    fewest = links;
  }
  return nearest;
}

std::string NodeRow::node_name(std::int64_t node) const {
  return fmt::format("{}{}{} {}", name, name.empty() ? "" : " ", serves ? "server" : "node", node);
}

std::string NodeRow::link_name(std::int64_t of_node) const {
  if (const std::int64_t at = of_node - nic_first - 2 * wiring.nics(); at >= 0)
    return fmt::format("{} {}", storage[static_cast<std::size_t>(at / 2)], at % 2 == 0 ? "read" : "write");
  if (of_node >= nic_first) {
    const std::int64_t port = of_node - nic_first;
    return fmt::format("nic{} {}", port / 2, port % 2 == 0 ? "out" : "in");
  }
  const WiringLink& link = wiring.links()[static_cast<std::size_t>(of_node)];
  return fmt::format("{}>{}", wiring.devices()[link.from].name, wiring.devices()[link.to].name);
}

std::string NodeRow::link_class_name(std::int64_t of_node) const {
  if (const std::int64_t at = of_node - nic_first - 2 * wiring.nics(); at >= 0) {
    const std::string& what = storage[static_cast<std::size_t>(at / 2)];
    const char* way = at % 2 == 0 ? "read" : "write";
    if (serves) return fmt::format("{} {}", name, way);
    return what == node_drives ? fmt::format("{} {}", what, way) : fmt::format("{} client {}", what, way);
  }
  if (of_node >= nic_first)
    return fmt::format("{}nic {}", serves ? "storage " : "", (of_node - nic_first) % 2 == 0 ? "out" : "in");
  const WiringLink& link = wiring.links()[static_cast<std::size_t>(of_node)];
  return fmt::format("{}-{}", wiring.devices()[link.from].kind, wiring.devices()[link.to].kind);
}

}  // namespace aifsim
