// Machines with fabrics of their own, each behind the router of its site, the routers joined by wide-area links.
//
//   way between machines = machine's fabric to its border, uplink, wide-area links, uplink, machine's fabric
//
// The border is the leaf switch of the machine's first place. Assumption: one cable of the uplink's rate there, as the
// wide area carries less than a leaf switch's links to the rest of its fabric; storage and nodes send over it alike, as
// if data nodes in between were never short. Routes between sites: wide_area.hpp.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "machine/fabric.hpp"
#include "machine/wide_area.hpp"

namespace aifsim {
namespace {

// What a machine's fabric sees of its own nodes.
FabricPorts ports_at(const FabricPorts& all, const FabricDescription& fabric, const PlaceRange& range) {
  FabricPorts own;
  for (const FabricPorts::Row& row : all.rows) {
    const std::int64_t first = std::max(row.first, range.first),
                       end = std::min(row.first + row.nodes, range.first + range.count);
    if (end <= first) continue;
    own.rows.push_back({first - range.first, end - first, row.nics, row.injection});
    own.nodes = std::max(own.nodes, end - range.first);
    own.nics_per_node = std::max(own.nics_per_node, row.nics);
  }
  own.nodes = std::max<std::int64_t>(1, own.nodes);
  own.injection = own.rows.empty() ? *fabric.injection : own.rows.front().injection;
  own.nics_per_node = std::max<std::int64_t>(1, own.nics_per_node);
  own.hop_latency = *fabric.hop_latency;
  own.routing = fabric.routing;
  own.efficiency = *fabric.efficiency;
  own.place = fabric.place;
  return own;
}

class Joined final : public Fabric {
 public:
  Joined(const JoinedDescription& description, const FabricPorts& ports) : Fabric(ports, Routing::adaptive) {
    const std::vector<PlaceRange> ranges = places_of_machines(description);
    sites_ = sites_of(description);
    if (const std::int64_t all = ranges.back().first + ranges.back().count; all < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the machines hold {}", ports.nodes, all));
    std::int64_t groups = 0;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const JoinedMachine& machine = description.machines[i];
      Member& m = members_.emplace_back();
      m.name = machine.name;
      m.range = ranges[i];
      m.site = static_cast<std::size_t>(std::find(sites_.begin(), sites_.end(), machine.at) - sites_.begin());
      m.fabric = build_fabric(machine.fabric, ports_at(ports, machine.fabric, ranges[i]));
      if (m.fabric->rails() > 1)
        throw InputError(machine.place, fmt::format("{}: rails have no one switch that leads out", m.name));
      m.first_switch = switches_;
      m.first_link = adopt(*m.fabric, switches_);
      m.first_group = groups;
      switches_ = switch_count({static_cast<std::int64_t>(switches_) + m.fabric->switches()});
      groups += ranges[i].count + m.fabric->switches();
    }
    first_router_ = switches_;
    switches_ += static_cast<SwitchId>(sites_.size());
    first_uplink_ = link_count();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const Member& m = members_[i];
      const SwitchId border = m.first_switch + m.fabric->switch_of({0, 0});
      join(border, router(m.site), 1, *description.machines[i].uplink, ports.hop_latency);
      join(router(m.site), border, 1, *description.machines[i].uplink, ports.hop_latency);
    }
    first_wide_ = link_count();
    wide_ = WideArea(sites_, description.wan,
                     [&](std::size_t a, std::size_t b, BytesPerSecond rate, Seconds latency) {
                       return join(router(a), router(b), 1, rate, latency);
                     });
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const std::size_t a = member_at(from.node), b = member_at(to.node);
    const Member &source = members_[a], &target = members_[b];
    const auto within = [&](const Member& m) { return first + static_cast<LinkId>(m.first_link); };
    from.node -= source.range.first;
    to.node -= target.range.first;
    if (a == b) return source.fabric->route(from, to, within(source), out);
    source.fabric->route(from, {0, 0}, within(source), out);
    out.push_back(first + static_cast<LinkId>(first_uplink_ + 2 * a));
    wide_.route(source.site, target.site, first, out);
    out.push_back(first + static_cast<LinkId>(first_uplink_ + 2 * b + 1));
    target.fabric->route({0, 0}, to, within(target), out);
  }

  std::string link_name(std::size_t index) const override {
    if (index < first_uplink_) {
      const Member& m = with_link(index);
      return fmt::format("{} {}", m.name, m.fabric->link_name(index - m.first_link));
    }
    const Link& l = link(index);
    if (index >= first_wide_) return fmt::format("{}>{}", site_of(l.from), site_of(l.to));
    const Member& m = members_[(index - first_uplink_) / 2];
    return (index - first_uplink_) % 2 == 0 ? fmt::format("{}>{}", m.name, sites_[m.site])
                                            : fmt::format("{}>{}", sites_[m.site], m.name);
  }
  std::string class_name(std::size_t index) const override {
    if (index >= first_wide_) return "wide area";
    if (index >= first_uplink_) return "site uplink";
    const Member& m = with_link(index);
    return m.fabric->class_name(index - m.first_link);
  }

  SwitchId switch_of(FabricPort port) const override {
    const Member& m = members_[member_at(port.node)];
    port.node -= m.range.first;
    return m.first_switch + m.fabric->switch_of(port);
  }
  std::string switch_name(SwitchId at) const override {
    if (at >= first_router_) return sites_[at - first_router_] + " router";
    const auto after = std::upper_bound(members_.begin(), members_.end(), at,
                                        [](SwitchId s, const Member& m) { return s < m.first_switch; });
    const Member& m = *(after - 1);
    return fmt::format("{} {}", m.name, m.fabric->switch_name(at - m.first_switch));
  }
  std::int64_t leaf_of(std::int64_t node) const override {
    const Member& m = members_[member_at(node)];
    return m.first_group + m.fabric->leaf_of(node - m.range.first);
  }
  std::int64_t group_of(std::int64_t node) const override {
    const Member& m = members_[member_at(node)];
    return m.first_group + m.fabric->group_of(node - m.range.first);
  }

 private:
  struct Member {
    std::string name;
    PlaceRange range;
    std::size_t site = 0;
    std::unique_ptr<Fabric> fabric;
    SwitchId first_switch = 0;
    std::size_t first_link = 0;
    std::int64_t first_group = 0;
  };

  SwitchId router(std::size_t site) const { return first_router_ + static_cast<SwitchId>(site); }
  const std::string& site_of(SwitchId router) const { return sites_[router - first_router_]; }
  std::size_t member_at(std::int64_t node) const {
    const auto after = std::upper_bound(members_.begin(), members_.end(), node,
                                        [](std::int64_t n, const Member& m) { return n < m.range.first; });
    return static_cast<std::size_t>(after - members_.begin()) - 1;
  }
  const Member& with_link(std::size_t index) const {
    const auto after = std::upper_bound(members_.begin(), members_.end(), index,
                                        [](std::size_t i, const Member& m) { return i < m.first_link; });
    return *(after - 1);
  }

  std::vector<Member> members_;
  std::vector<std::string> sites_;
  SwitchId first_router_ = 0;
  std::size_t first_uplink_ = 0, first_wide_ = 0;
  WideArea wide_;
};

}  // namespace

std::unique_ptr<Fabric> build_fabric(const JoinedDescription& joined, const FabricPorts& ports) {
  return std::make_unique<Joined>(joined, ports);
}

}  // namespace aifsim
