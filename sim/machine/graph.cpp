// Any network: named switches and the links between them. Routes have the fewest hops; among equally short
// ones each switch chooses by a hash of both NICs (ecmp) or by the receiving NIC (static). With routing
// adaptive, parallel links between two switches are one trunk.
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
    begins_.push_back(0);
    for (const GraphSwitch& at : graph.switches) {
      known.emplace(at.name, static_cast<SwitchId>(names_.size()));
      names_.push_back(at.name);
      begins_.push_back(begins_.back() + whole(at.nodes, at.name + ": nodes", 0));
    }
    if (begins_.back() < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the graph's switches hold {}", ports.nodes,
                                                begins_.back()));
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
        lane_name(static_cast<std::int64_t>(index - begin), static_cast<std::int64_t>(end - begin)));
  }
  std::string class_name(std::size_t) const override { return "edge"; }

  SwitchId switch_of(FabricPort port) const override {
    const auto after = std::upper_bound(begins_.begin(), begins_.end(), port.node);
    return static_cast<SwitchId>(std::distance(begins_.begin(), after) - 1);
  }
  std::string switch_name(SwitchId at) const override { return names_[at]; }
  std::int64_t leaf_of(std::int64_t node) const override { return switch_of({node, 0}); }
  std::int64_t group_of(std::int64_t node) const override { return switch_of({node, 0}); }

 private:
  bool same_pair(std::size_t a, std::size_t b) const {
    return link(a).from == link(b).from && link(a).to == link(b).to;
  }

  std::vector<std::string> names_;
  std::vector<std::int64_t> begins_;  // first node of each switch, and the end
  std::unique_ptr<const ShortestPaths> paths_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const GraphDescription& graph, const FabricPorts& ports) {
  return std::make_unique<Graph>(graph, ports);
}

}  // namespace aifsim
