// Several sites, each a tree of leaf switches below a core, joined by wide-area links between the cores.
//
// Assumptions and routes between sites: wide_area.hpp.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"
#include "machine/wide_area.hpp"

namespace aifsim {
namespace {

struct Site {
  std::string name;
  std::int64_t first_node = 0, per_leaf = 1;
  SwitchId first_leaf = 0;
};

class Sites final : public Fabric {
 public:
  Sites(const SitesDescription& description, const FabricPorts& ports) : Fabric(ports, Routing::adaptive) {
    std::int64_t nodes = 0;
    for (const SiteDescription& site : description.sites) {
      sites_.push_back({site.name, nodes, whole(site.nodes_per_leaf, "nodes_per_leaf", 1), leaves_});
      const std::int64_t here = whole(site.nodes, "nodes", 1);
      nodes += here;
      leaves_ = switch_count({leaves_ + (here + sites_.back().per_leaf - 1) / sites_.back().per_leaf});
    }
    if (nodes < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the sites hold {}", ports.nodes, nodes));
    switches_ = leaves_ + static_cast<SwitchId>(sites_.size());
    for (SwitchId leaf = 0; leaf < leaves_; ++leaf) {
      const std::size_t at = site_of_leaf(leaf);
      const BytesPerSecond up =
          ports.injection *
          (static_cast<double>(ports.nics_per_node * sites_[at].per_leaf) /
           *description.sites[at].oversubscription) *
          ports.relative_injection(
              sites_[at].first_node + (leaf - sites_[at].first_leaf) * sites_[at].per_leaf,
              sites_[at].per_leaf);
      join(leaf, core(at), 1, up, ports.hop_latency);
      join(core(at), leaf, 1, up, ports.hop_latency);
    }
    std::vector<std::string> names;
    for (const Site& site : sites_) names.push_back(site.name);
    wide_ = WideArea(std::move(names), description.wan,
                     [&](std::size_t a, std::size_t b, BytesPerSecond rate, Seconds latency) {
                       return join(core(a), core(b), 1, rate, latency);
                     });
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const SwitchId source = switch_of(from), target = switch_of(to);
    if (source == target) return;
    out.push_back(first + 2 * source);
    wide_.route(site_of_leaf(source), site_of_leaf(target), first, out);
    out.push_back(first + 2 * target + 1);
  }

  std::string link_name(std::size_t index) const override {
    if (index < 2 * leaves_)
      return fmt::format("{} {}", switch_name(static_cast<SwitchId>(index / 2)),
                         index % 2 == 0 ? "up" : "down");
    return fmt::format("{}>{}", sites_[link(index).from - leaves_].name,
                       sites_[link(index).to - leaves_].name);
  }
  std::string class_name(std::size_t index) const override {
    return index >= 2 * leaves_ ? "wide area" : index % 2 == 0 ? "leaf up" : "leaf down";
  }

  SwitchId switch_of(FabricPort port) const override {
    const Site& site = sites_[site_of(port.node)];
    return site.first_leaf + static_cast<SwitchId>((port.node - site.first_node) / site.per_leaf);
  }
  std::string switch_name(SwitchId at) const override {
    if (at >= leaves_) return sites_[at - leaves_].name + " core";
    const Site& site = sites_[site_of_leaf(at)];
    return fmt::format("{} leaf {}", site.name, at - site.first_leaf);
  }
  std::int64_t leaf_of(std::int64_t node) const override { return switch_of({node, 0}); }
  std::int64_t group_of(std::int64_t node) const override { return static_cast<std::int64_t>(site_of(node)); }

 private:
  SwitchId core(std::size_t site) const { return leaves_ + static_cast<SwitchId>(site); }
  std::size_t site_of(std::int64_t node) const {
    const auto after = std::upper_bound(sites_.begin(), sites_.end(), node,
                                        [](std::int64_t n, const Site& site) { return n < site.first_node; });
    return static_cast<std::size_t>(std::distance(sites_.begin(), after) - 1);
  }
  std::size_t site_of_leaf(SwitchId leaf) const {
    const auto after = std::upper_bound(sites_.begin(), sites_.end(), leaf,
                                        [](SwitchId l, const Site& site) { return l < site.first_leaf; });
    return static_cast<std::size_t>(std::distance(sites_.begin(), after) - 1);
  }

  std::vector<Site> sites_;
  SwitchId leaves_ = 0;
  WideArea wide_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const SitesDescription& sites, const FabricPorts& ports) {
  return std::make_unique<Sites>(sites, ports);
}

}  // namespace aifsim
