// Several sites, each a tree of leaf switches below a core, joined by wide-area links between the cores.
//
//   capacity of a wide-area link = min(rate, streams * window / round trip),  latency = round trip / 2
//
// A TCP stream has at most a window in flight per round trip (Mathis et al. 1997 for lossless paths). The
// streams of a link are shared by all that use it. Routes between sites take the least latency; a link's
// direction does not slow the other. Assumption: no loss, no other traffic.
#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "machine/count.hpp"
#include "machine/fabric.hpp"

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
    join_sites(description.wan);
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const SwitchId source = switch_of(from), target = switch_of(to);
    if (source == target) return;
    out.push_back(first + 2 * source);
    std::size_t at = site_of_leaf(source);
    for (const std::size_t end = site_of_leaf(target); at != end;) {
      const LinkId next = next_[at * sites_.size() + end];
      if (next == none)
        throw CannotAnswer(
            fmt::format("no chain of links joins the sites {} and {}", sites_[at].name, sites_[end].name));
      out.push_back(first + next);
      at = link(next).to - leaves_;
    }
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
  static constexpr LinkId none = std::numeric_limits<LinkId>::max();

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

  void join_sites(const std::vector<WanLink>& wan) {
    const std::size_t n = sites_.size();
    std::vector<double> least(n * n, std::numeric_limits<double>::infinity());
    next_.assign(n * n, none);
    const auto index = [&](const std::string& name) {
      const auto at =
          std::find_if(sites_.begin(), sites_.end(), [&](const Site& s) { return s.name == name; });
      return static_cast<std::size_t>(at - sites_.begin());
    };
    for (const WanLink& w : wan) {
      const std::size_t ends[] = {index(w.from), index(w.to)};
      if (ends[0] == n || ends[1] == n)
        throw InputError(w.place, fmt::format("no site is named {}", ends[0] == n ? w.from : w.to));
      for (const int side : {0, 1}) {
        const std::size_t a = ends[side], b = ends[1 - side];
        const Seconds latency = *w.round_trip / 2.0;
        const std::size_t link = join(core(a), core(b), 1, throughput(w), latency);
        if (latency.value >= least[a * n + b]) continue;
        least[a * n + b] = latency.value;
        next_[a * n + b] = static_cast<LinkId>(link);
      }
    }
    for (std::size_t via = 0; via < n; ++via)  // Floyd and Warshall
      for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b < n; ++b) {
          if (a == b || least[a * n + via] + least[via * n + b] >= least[a * n + b]) continue;
          least[a * n + b] = least[a * n + via] + least[via * n + b];
          next_[a * n + b] = next_[a * n + via];
        }
  }

  std::vector<Site> sites_;
  SwitchId leaves_ = 0;
  std::vector<LinkId> next_;  // from site to site: the first link of the way
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const SitesDescription& sites, const FabricPorts& ports) {
  return std::make_unique<Sites>(sites, ports);
}

}  // namespace aifsim
