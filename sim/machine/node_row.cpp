#include "machine/node_row.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"

namespace aifsim {

NodeRow::NodeRow(const PartitionDescription& partition)
    : name(partition.name),
      nodes(whole(partition.nodes, "nodes", 1)),
      first_place(partition.first_place),
      wiring(partition.node) {
  for (const WiringLink& link : wiring.links()) local.push_back({link.cls, link.capacity, link.latency});
  nic_first = static_cast<std::int64_t>(local.size());
  local.resize(local.size() + 2 * static_cast<std::size_t>(wiring.nics()),
               {LinkClass::nic, *partition.injection, *partition.nic_latency});
  set_domain(partition.node.scale_up);
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

std::string NodeRow::node_name(std::int64_t node) const {
  return fmt::format("{}{}node {}", name, name.empty() ? "" : " ", node);
}

std::string NodeRow::link_name(std::int64_t of_node) const {
  if (of_node >= nic_first) {
    const std::int64_t port = of_node - nic_first;
    return fmt::format("nic{} {}", port / 2, port % 2 == 0 ? "out" : "in");
  }
  const WiringLink& link = wiring.links()[static_cast<std::size_t>(of_node)];
  return fmt::format("{}>{}", wiring.devices()[link.from].name, wiring.devices()[link.to].name);
}

std::string NodeRow::link_class_name(std::int64_t of_node) const {
  if (of_node >= nic_first) return (of_node - nic_first) % 2 == 0 ? "nic out" : "nic in";
  const WiringLink& link = wiring.links()[static_cast<std::size_t>(of_node)];
  return fmt::format("{}-{}", wiring.devices()[link.from].kind, wiring.devices()[link.to].kind);
}

}  // namespace aifsim
