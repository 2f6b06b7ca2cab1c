#include "machine/wiring.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <limits>
#include <stdexcept>
#include <tuple>

#include "base/error.hpp"
#include "machine/count.hpp"

namespace aifsim {
namespace {

// Ordered as the header says; the comparison is lexicographic.
struct PathCost {
  int relays = 0, processors = 0, host_links = 0;
  double latency = 0;
  double seconds_per_byte = 0;  // of the narrowest link
  int links = 0;
  auto operator<=>(const PathCost&) const = default;
};

struct Extend {
  PathCost operator()(const PathCost& path, const PathCost& link) const {
    return {path.relays + link.relays,
            path.processors + link.processors,
            path.host_links + link.host_links,
            path.latency + link.latency,
            std::max(path.seconds_per_byte, link.seconds_per_byte),
            path.links + link.links};
  }
};

constexpr PathCost no_path{std::numeric_limits<int>::max(),         std::numeric_limits<int>::max(),
                           std::numeric_limits<int>::max(),         std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::infinity(), std::numeric_limits<int>::max()};

struct WiringEdge {
  std::uint32_t link = 0;
  PathCost cost;
};
using WiringGraph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, WiringEdge>;

// Leaving a GPU or a NIC counts as a relay, leaving a CPU as one too, of the second rank; that of the path's
// own source adds the same to all its paths.
PathCost cost_of(const WiringLink& link, const std::vector<Device>& devices) {
  const std::string& kind = devices[link.from].kind;
  return {kind == "gpu" || kind == "nic" ? 1 : 0,
          kind == "cpu" ? 1 : 0,
          link.cls == LinkClass::host ? 1 : 0,
          link.latency.value,
          1 / link.capacity.value,
          1};
}

}  // namespace

const char* name_of(LinkClass cls) {
  switch (cls) {
    case LinkClass::scale_up:
      return "scale_up";
    case LinkClass::host:
      return "host";
    case LinkClass::nic:
      return "nic";
    case LinkClass::fabric:
      return "fabric";
    case LinkClass::storage:
      return "storage";
  }
  return "";
}

std::string_view device_kind(std::string_view name) {
  return name.substr(0, name.find_first_of("*0123456789"));
}

LinkClass wiring_class(std::string_view from_kind, std::string_view to_kind) {
  const auto of_host = [](std::string_view kind) {
    return kind == "cpu" || kind == "nic" || kind.starts_with("pcie");
  };
  return of_host(from_kind) || of_host(to_kind) ? LinkClass::host : LinkClass::scale_up;
}

NodeWiring::NodeWiring(const NodeDescription& node)
    : gpus_(*node.gpus == 0 ? 0 : whole(node.gpus, "gpus", 1)), nics_(whole(node.nics, "nics", 0)) {
  add_devices(node);
  for (const WiringRule& rule : node.wiring) add_links(rule);
  find_paths();
  require_connected(node);
  choose_nics();
}

void NodeWiring::add_devices(const NodeDescription& node) {
  const auto add_all = [this](const char* kind, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) devices_.push_back({kind, kind + std::to_string(i)});
  };
  add_all("gpu", gpus_);
  add_all("nic", nics_);
  add_all("cpu", whole(node.cpus, "cpus", 0));
  for (const WiringRule& rule : node.wiring) {
    for (const std::string& name : {rule.from, rule.to}) {
      const std::string_view kind = device_kind(name);
      if (kind == "gpu" || kind == "nic" || kind == "cpu" || name.ends_with('*')) continue;
      const auto same = [&](const Device& d) { return d.name == name; };
      if (std::none_of(devices_.begin(), devices_.end(), same)) devices_.push_back({std::string(kind), name});
    }
  }
}

std::vector<DeviceId> NodeWiring::matching(std::string_view pattern, const WiringRule& rule) const {
  const bool all = pattern.ends_with('*');
  const std::string_view kind = device_kind(pattern);
  std::vector<DeviceId> found;
  for (DeviceId id = 0; id < devices_.size(); ++id)
    if (all ? devices_[id].kind == kind : devices_[id].name == pattern) found.push_back(id);
  if (found.empty()) {
    const auto count =
        std::count_if(devices_.begin(), devices_.end(), [&](const Device& d) { return d.kind == kind; });
    throw InputError(rule.place,
                     fmt::format("the node has no device {}; found {} of kind {}", pattern, count, kind));
  }
  return found;
}

void NodeWiring::add_links(const WiringRule& rule) {
  const std::vector<DeviceId> from = matching(rule.from, rule), to = matching(rule.to, rule);
  if (rule.pairing == Pairing::same_index) {
    if (from.size() != to.size())
      throw InputError(rule.place,
                       fmt::format("pairing same_index joins {} {} with {} {}: their numbers must be equal",
                                   from.size(), rule.from, to.size(), rule.to));
    for (std::size_t i = 0; i < from.size(); ++i) connect(from[i], to[i], rule);
    return;
  }
  const bool within_one_kind = rule.from == rule.to;  // each unordered pair once
  for (DeviceId a : from)
    for (DeviceId b : to)
      if (a != b && (!within_one_kind || a < b)) connect(a, b, rule);
}

void NodeWiring::connect(DeviceId from, DeviceId to, const WiringRule& rule) {
  const LinkClass cls = wiring_class(devices_[from].kind, devices_[to].kind);
  links_.push_back({from, to, cls, *rule.bandwidth, *rule.latency});
  links_.push_back({to, from, cls, *rule.bandwidth, *rule.latency});
}

NodeWiring NodeWiring::without(std::span<const std::uint32_t> failed) const {
  NodeWiring other = *this;
  other.find_paths(failed);
  return other;
}

void NodeWiring::find_paths(std::span<const std::uint32_t> failed) {
  path_links_.clear();
  const std::size_t devices = devices_.size();
  std::vector<std::pair<DeviceId, DeviceId>> ends;
  std::vector<WiringEdge> edges;
  for (std::uint32_t i = 0; i < links_.size(); ++i) {
    if (std::find(failed.begin(), failed.end(), i) != failed.end()) continue;
    const WiringLink& link = links_[i];
    ends.emplace_back(link.from, link.to);
    edges.push_back({i, cost_of(link, devices_)});
  }
  const WiringGraph graph(boost::edges_are_unsorted_multi_pass, ends.begin(), ends.end(), edges.begin(),
                          devices);

  path_start_.assign(1, 0);
  for (DeviceId source = 0; source < devices; ++source) {
    std::vector<PathCost> cost(devices, no_path);
    std::vector<WiringGraph::edge_descriptor> last(devices);
    const auto by_vertex = boost::get(boost::vertex_index, graph);
    boost::dijkstra_shortest_paths(
        graph, source,
        boost::weight_map(boost::get(&WiringEdge::cost, graph))
            .distance_map(boost::make_iterator_property_map(cost.begin(), by_vertex))
            .distance_inf(no_path)
            .distance_zero(PathCost{})
            .distance_combine(Extend{})
            .distance_compare(std::less<>{})
            .visitor(boost::make_dijkstra_visitor(boost::record_edge_predecessors(
                boost::make_iterator_property_map(last.begin(), by_vertex), boost::on_edge_relaxed()))));
    for (DeviceId target = 0; target < devices; ++target) {
      const auto start = static_cast<std::ptrdiff_t>(path_links_.size());
      if (cost[target] != no_path)
        for (auto at = target; at != source; at = static_cast<DeviceId>(boost::source(last[at], graph)))
          path_links_.push_back(graph[last[at]].link);
      std::reverse(path_links_.begin() + start, path_links_.end());
      path_start_.push_back(static_cast<std::uint32_t>(path_links_.size()));
    }
  }
}

std::span<const std::uint32_t> NodeWiring::path(DeviceId from, DeviceId to) const {
  const std::size_t pair = from * devices_.size() + to;
  return std::span(path_links_).subspan(path_start_[pair], path_start_[pair + 1] - path_start_[pair]);
}

DeviceId NodeWiring::device(std::string_view name) const {
  for (DeviceId id = 0; id < devices_.size(); ++id)
    if (devices_[id].name == name) return id;
  throw std::out_of_range("no device " + std::string(name));
}

void NodeWiring::require_connected(const NodeDescription& node) const {
  const Place& place = node.wiring.empty() ? node.gpu_place : node.wiring.front().place;
  for (std::int64_t i = 0; i < gpus_; ++i)
    for (DeviceId to = 0; to < gpu(gpus_) + nics_; ++to)
      if (to != gpu(i) && (path(gpu(i), to).empty() || path(to, gpu(i)).empty()))
        throw InputError(
            place, fmt::format("the wiring leaves no path between {} and {}; every GPU must reach every "
                               "other GPU and NIC of its node",
                               devices_[gpu(i)].name, devices_[to].name));
}

void NodeWiring::choose_nics() {
  std::vector<std::int64_t> served(static_cast<std::size_t>(nics_), 0);
  for (std::int64_t g = 0; g < gpus_ && nics_ > 0; ++g) {
    const auto rank = [&](std::int64_t n) {
      PathCost cost;
      for (const std::uint32_t i : path(gpu(g), nic(n))) cost = Extend{}(cost, cost_of(links_[i], devices_));
      return std::tuple(cost, served[static_cast<std::size_t>(n)], n);
    };
    std::int64_t best = 0;
    for (std::int64_t n = 1; n < nics_; ++n)
      if (rank(n) < rank(best)) best = n;
    ++served[static_cast<std::size_t>(best)];
    nic_of_.push_back(best);
  }
}

}  // namespace aifsim
