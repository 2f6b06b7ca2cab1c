#include "machine/simgrid/zone.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <simgrid/kernel/resource/NetworkModelIntf.hpp>
#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/s4u/Host.hpp>
#include <simgrid/s4u/Link.hpp>
#include <stdexcept>

namespace aifsim {

namespace s4u = simgrid::s4u;
namespace routing = simgrid::kernel::routing;

FabricZone::FabricZone(const Topology& topology)
    : NetZoneImpl("machine"),
      topology_(topology),
      machine_(&topology),
      links_(topology.link_count(), nullptr) {
  get_iface()->get_network_model()->set_lat_factor_cb(
      [this](double, const s4u::Host* src, const s4u::Host* dst, const std::vector<s4u::Link*>&,
             const std::unordered_set<s4u::NetZone*>&) { return latency_between(src, dst).value; });
}

s4u::Host* FabricZone::add_endpoint(const std::string& name, Endpoint endpoint,
                                    const std::vector<double>& speeds) {
  s4u::Host* host = get_iface()->create_host(name, speeds);
  host->seal();
  assert(host->get_netpoint()->id() == endpoints_.size());
  endpoints_.push_back(endpoint);
  return host;
}

s4u::Host* FabricZone::add_host(const std::string& name) { return add_endpoint(name, {}); }

s4u::Host* FabricZone::add_processor(const std::string& name, const std::vector<double>& speeds) {
  return add_endpoint(name, {}, speeds);
}

s4u::Host* FabricZone::add_gpu(GpuId gpu) {
  return add_endpoint("gpu " + std::to_string(gpu), {Role::gpu, gpu});
}

std::pair<s4u::Host*, s4u::Host*> FabricZone::add_pair(std::span<SimLink* const> links, Seconds latency,
                                                       BytesPerSecond at_most) {
  if (links.empty()) throw std::logic_error("a pair needs at least one link");
  Pair pair{{links.begin(), links.end()}, latency};
  const auto index = static_cast<std::int64_t>(pairs_.size());
  const std::string number = std::to_string(index);
  if (std::isfinite(at_most.value)) pair.links.push_back(create_link("limit " + number, at_most));
  pairs_.push_back(std::move(pair));
  s4u::Host* source = add_endpoint("from " + number, {Role::source, index});
  return {source, add_endpoint("to " + number, {Role::destination, index})};
}

void FabricZone::add_all_gpus() {
  for (const NodeRow& row : topology_.rows()) {
    endpoints_.reserve(endpoints_.size() + static_cast<std::size_t>(row.gpus()));
    for (GpuId gpu = row.first_gpu; gpu < row.first_gpu + row.gpus(); ++gpu) add_gpu(gpu);
  }
}

void FabricZone::complete() {
  create_links_of_gpus();
  seal();
}

// Those of nodes with an endpoint, which some route from or to a GPU uses; all of a node's NICs are.
void FabricZone::create_links_of(const NodeRow& row) {
  std::vector<bool> present(static_cast<std::size_t>(row.nodes), false);
  bool any = false;
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.role != Role::gpu) continue;
    const Topology::GpuPlace place = topology_.place_of(endpoint.index);
    if (place.row == &row) present[static_cast<std::size_t>(place.node)] = any = true;
  }
  if (!any) return;

  const NodeWiring& wiring = row.wiring;
  std::vector<bool> used(row.local.size(), true);
  if (!rerouting_) std::fill_n(used.begin(), wiring.links().size(), false);
  const auto use = [&](DeviceId from, DeviceId to) {
    for (const std::uint32_t i : wiring.path(from, to)) used[i] = true;
  };
  for (std::int64_t a = 0; a < wiring.gpus(); ++a) {
    for (std::int64_t b = 0; b < wiring.gpus(); ++b) use(wiring.gpu(a), wiring.gpu(b));
    if (wiring.nics() == 0) continue;
    use(wiring.gpu(a), wiring.nic(wiring.nic_of(a)));
    use(wiring.nic(wiring.nic_of(a)), wiring.gpu(a));
  }
  for (std::int64_t node = 0; node < row.nodes; ++node)
    for (std::int64_t local = 0; present[static_cast<std::size_t>(node)] && local < row.links_per_node();
         ++local)
      if (used[static_cast<std::size_t>(local)]) link(row.link(node, local));
}

void FabricZone::create_links_of_gpus() {
  if (std::none_of(endpoints_.begin(), endpoints_.end(),
                   [](const Endpoint& endpoint) { return endpoint.role == Role::gpu; }))
    return;
  for (const NodeRow& row : topology_.rows()) create_links_of(row);
  for (LinkId id = topology_.fabric_first(); id < topology_.link_count(); ++id) link(id);
}

GpuId FabricZone::gpu_of(const s4u::Host* host) const { return endpoints_[host->get_netpoint()->id()].index; }

FabricZone::SimLink* FabricZone::create_link(const std::string& name, BytesPerSecond capacity) {
  return get_iface()->create_link(name, capacity.value)->seal();
}

FabricZone::SimLink* FabricZone::add_link(BytesPerSecond capacity) {
  return create_link("own " + std::to_string(own_links_++), capacity);
}

FabricZone::SimLink* FabricZone::link(LinkId id) {
  SimLink*& known = links_[id];
  if (!known) {
    known = create_link(std::to_string(id), topology_.capacity(id));
    ++created_links_;
  }
  return known;
}

void FabricZone::get_local_route(const routing::NetPoint* src, const routing::NetPoint* dst,
                                 routing::Route* into, double* latency) {
  const Endpoint &from = endpoints_[src->id()], &to = endpoints_[dst->id()];
  if (from.role == Role::source && to.role == Role::destination && from.index == to.index) {
    for (const SimLink* link : pairs_[static_cast<std::size_t>(from.index)].links)
      into->link_list_.push_back(link->get_impl());
  } else if (from.role == Role::gpu && to.role == Role::gpu) {
    route_.clear();
    machine_->route(from.index, to.index, route_);
    for (const LinkId id : route_) into->link_list_.push_back(links_[id]->get_impl());
  } else {
    throw std::logic_error("no route from " + src->get_name() + " to " + dst->get_name());
  }
  if (latency) *latency += 1;  // see the top of the header
}

void FabricZone::get_graph(const s_xbt_graph_t*, std::map<std::string, xbt_node_t, std::less<>>*,
                           std::map<std::string, xbt_edge_t, std::less<>>*) {
  throw std::logic_error("a FabricZone computes its routes; it has no graph to export");
}

Seconds FabricZone::latency_between(const s4u::Host* src, const s4u::Host* dst) const {
  const Endpoint& from = endpoints_[src->get_netpoint()->id()];
  if (from.role == Role::source) return pairs_[static_cast<std::size_t>(from.index)].latency;
  if (!message_latency_) return Seconds{0};
  return machine_->route_latency(from.index, endpoints_[dst->get_netpoint()->id()].index);
}

}  // namespace aifsim
