#include "factory/failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

std::vector<LinkId> links_of(const LinkEventDescription& event, const Topology& machine,
                             const std::string& name) {
  if (!event.switch_name.empty()) {
    if (const auto at = machine.find_switch(event.switch_name)) return machine.links_of_switch(*at);
    const Fabric& fabric = machine.fabric();
    throw InputError(event.name_place, fmt::format("{} has no switch {}; names are like {} and {}", name,
                                                   quote(event.switch_name), quote(fabric.switch_name(0)),
                                                   quote(fabric.switch_name(fabric.switches() - 1))));
  }
  if (const auto link = machine.find_link(event.link)) return {*link};
  throw InputError(
      event.name_place,
      fmt::format("{} has no link {}; names are like {} and {}", name, quote(event.link),
                  quote(machine.link(machine.nics_per_node() > 0 ? machine.nic_out(0, 0) : 0).name),
                  quote(machine.link(static_cast<LinkId>(machine.link_count() - 1)).name)));
}

}  // namespace

Failures read_failures(std::span<const LinkEventDescription> events, const Topology& machine,
                       const std::string& name) {
  std::vector<const LinkEventDescription*> in_order;
  for (const LinkEventDescription& event : events) in_order.push_back(&event);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto* a, const auto* b) { return a->at < b->at; });

  Failures found;
  std::set<LinkId> down;
  std::map<LinkId, std::int64_t> lost;  // cables
  std::set<LinkId> changed;             // in capacity
  const auto change = [&](Seconds at, LinkId link, double factor) {
    changed.insert(link);
    found.changes.push_back({at, link, factor});
  };
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    const LinkEventDescription& event = *in_order[i];
    const std::set<LinkId> before = down;
    for (const LinkId link : links_of(event, machine, name)) {
      const std::int64_t cables = machine.cables(link);
      switch (event.change) {
        case EventChange::degradation:
          change(event.at, link, event.capacity);
          break;
        case EventChange::failure:
          if (event.cables > cables)
            throw InputError(
                event.name_place,
                fmt::format("link {} of {} has {} cable{}; {} of them cannot fail", quote(event.link), name,
                            cables, cables == 1 ? "" : "s", event.cables));
          lost[link] = event.cables > 0 ? std::min(cables, lost[link] + event.cables) : cables;
          if (lost[link] == cables)
            down.insert(link);
          else
            change(event.at, link, static_cast<double>(cables - lost[link]) / static_cast<double>(cables));
          break;
        case EventChange::repair:
          down.erase(link);
          lost.erase(link);
          if (changed.contains(link)) change(event.at, link, 1);
          break;
      }
    }
    if (down == before) continue;
    if (found.down.empty() || found.down.back().first < event.at) found.down.emplace_back(event.at, 0);
    found.down.back().second.assign(down.begin(), down.end());
  }
  return found;
}

}  // namespace aifsim
