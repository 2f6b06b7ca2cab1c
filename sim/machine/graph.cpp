// Any network: named switches and the links between them. Routes have the fewest hops; among equally short
// ones each switch chooses by a hash of both NICs (ecmp) or by the receiving NIC (static). With routing
// adaptive, parallel links between two switches are one trunk. The NICs of a node may be at several switches
// (rails); data go out at the sender's own NIC and come in at the receiver's.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "machine/count.hpp"
#include "machine/shortest_paths.hpp"

namespace aifsim {
namespace {

class Graph final : public Fabric {
 public:
  Graph(const GraphDescription& graph, const FabricPorts& ports) : Fabric(ports, Routing::ecmp) {
    std::map<std::string, SwitchId, std::less<>> known;
    for (const GraphSwitch& at : graph.switches) {
      known.emplace(at.name, static_cast<SwitchId>(names_.size()));
      names_.push_back(at.name);
    }
    for (std::int64_t nic = 0; nic < ports.nics_per_node; ++nic) seats_.push_back(seats_of(graph, nic));
    switches_ = static_cast<SwitchId>(names_.size());
    for (const GraphEdge& edge : graph.edges) {
      const auto from = known.find(edge.from), to = known.find(edge.to);
      for (const auto& [end, name] : {std::pair{from, edge.from}, std::pair{to, edge.to}})
        if (end == known.end()) throw InputError(edge.place, fmt::format("no switch is named {}", name));
      const std::int64_t links = whole(edge.links, "links", 1);
      join(from->second, to->second, links, *edge.bandwidth, ports.hop_latency);
      join(to->second, from->second, links, *edge.bandwidth, ports.hop_latency);
    }
    paths_ = std::make_unique<ShortestPaths>(links(), switches_, std::vector<bool>{});
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const SwitchId source = switch_of(from), target = switch_of(to);
    if (source == target) return;
    if (!paths_->path(source, target, mixed(choice(from, to)), first, out))
      throw CannotAnswer(
          fmt::format("no path leads from switch {} to switch {}", names_[source], names_[target]));
  }

  std::string link_name(std::size_t index) const override {
    // Parallel links follow each other.
    std::size_t begin = index, end = index + 1;
    while (begin > 0 && same_pair(begin - 1, index)) --begin;
    while (end < link_count() && same_pair(end, index)) ++end;
    return fmt::format(
        "{}>{}{}", names_[link(index).from], names_[link(index).to],
        parallel_name(static_cast<std::int64_t>(index - begin), static_cast<std::int64_t>(end - begin)));
  }
  std::string class_name(std::size_t) const override { return "edge"; }

  SwitchId switch_of(FabricPort port) const override {
    const std::vector<Seats>& seats = seats_[static_cast<std::size_t>(port.nic)];
    return std::upper_bound(seats.begin(), seats.end(), port.node,
                            [](std::int64_t node, const Seats& s) { return node < s.end; })
        ->at;
  }
  std::string switch_name(SwitchId at) const override { return names_[at]; }
  std::int64_t leaf_of(std::int64_t node) const override { return switch_of({node, 0}); }
  std::int64_t group_of(std::int64_t node) const override { return switch_of({node, 0}); }

 private:
  // Nodes up to `end`, whose NIC of one number is at this switch.
  struct Seats {
    std::int64_t end = 0;
    SwitchId at = 0;
  };
  std::vector<Seats> seats_of(const GraphDescription& graph, std::int64_t nic) const {
    std::vector<Seats> seats;
    std::int64_t end = 0;
    for (std::size_t i = 0; i < graph.switches.size(); ++i) {
      const std::vector<double>& nics = graph.switches[i].nics;
      if (!nics.empty() && std::find(nics.begin(), nics.end(), static_cast<double>(nic)) == nics.end())
        continue;
      const std::int64_t nodes = whole(graph.switches[i].nodes, graph.switches[i].name + ": nodes", 0);
      if (nodes > 0) seats.push_back({end += nodes, static_cast<SwitchId>(i)});
    }
    if (end < ports_.nodes)
      throw InputError(ports_.place, fmt::format("{} nodes, but the graph's switches hold NIC {} of {}",
                                                 ports_.nodes, nic, end));
    return seats;
  }

  bool same_pair(std::size_t a, std::size_t b) const {
    return link(a).from == link(b).from && link(a).to == link(b).to;
  }

  std::vector<std::string> names_;
  std::vector<std::vector<Seats>> seats_;  // of each NIC
  std::unique_ptr<const ShortestPaths> paths_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const GraphDescription& graph, const FabricPorts& ports) {
  return std::make_unique<Graph>(graph, ports);
}

}  // namespace aifsim
