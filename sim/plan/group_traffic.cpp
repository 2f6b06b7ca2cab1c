#include "plan/group_traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "collectives/schedule.hpp"

namespace aifsim {
namespace {

// The parts that a job's nodes lie in, and each node's.
struct JobParts {
  std::vector<std::string> names;
  std::vector<std::size_t> of_node;
};

JobParts parts_by(const Plan& plan, bool leaves) {
  const Topology& machine = plan.router->machine();
  const bool several = machine.parts().size() > 1;
  std::map<std::int64_t, std::string> named;
  std::vector<std::int64_t> numbers;
  for (const std::int64_t node : plan.nodes) {
    const Topology::GpuPlace place = machine.place_of(machine.gpu(node, 0));
    const Fabric& fabric = machine.fabric();
    const std::int64_t at = place.row->place(place.node);
    numbers.push_back(leaves ? fabric.leaf_of(at) : fabric.group_of(at));
    std::string& name = named[numbers.back()];
    if (!name.empty()) continue;
    // Of a machine joined out of several, each side counts its own.
    const std::int64_t first = several ? fabric.group_of(place.row->place(0)) : 0;
    name = leaves    ? fabric.switch_name(fabric.switch_of({at, 0}))
           : several ? fmt::format("{} group {}", place.row->name, numbers.back() - first)
                     : fmt::format("group {}", numbers.back());
  }
  JobParts parts;
  std::map<std::int64_t, std::size_t> index;
  std::vector<std::string> firsts;
  const std::size_t each = (named.size() + most_traffic_groups - 1) / most_traffic_groups;
  for (const auto& [number, name] : named) {
    const std::size_t part = index.size() / each;
    index.emplace(number, part);
    if (part == firsts.size()) {
      firsts.push_back(name);
      parts.names.push_back(name);
    } else {
      parts.names[part] = firsts[part] + " to " + name;
    }
  }
  for (const std::int64_t number : numbers) parts.of_node.push_back(index[number]);
  return parts;
}

}  // namespace

GroupTraffic group_traffic(const Plan& plan) {
  JobParts parts = parts_by(plan, false);
  if (parts.names.size() == 1) parts = parts_by(plan, true);
  const std::size_t count = parts.names.size();
  GroupTraffic traffic;
  if (count == 1) return traffic;
  traffic.names = std::move(parts.names);
  traffic.bytes.assign(count * count, 0);
  const Router& router = *plan.router;
  const Topology& machine = router.machine();
  const auto part = [&](std::int64_t rank) {
    return parts.of_node[static_cast<std::size_t>(rank / machine.gpus_per_node())];
  };
  for (const auto& [index, times] : calls_of(plan)) {
    const PlannedCollective& c = plan.collectives[index];
    if (c.storage) continue;
    const double buffer = times * c.share * c.bytes.value;
    const Schedule schedule =
        make_schedule(c.kind, c.choices[c.chosen].algorithm(), c.group->shape, c.tokens);
    for (const PhaseLoad& load : loads(schedule))
      for (const std::int64_t base : c.group->bases)
        for (const EdgeLoad& e : load.edges) {
          const std::int64_t from = base + c.group->members[static_cast<std::size_t>(e.source)],
                             to = base + c.group->members[static_cast<std::size_t>(e.destination)];
          if (machine.same_domain(router.gpu_of(from), router.gpu_of(to))) continue;
          traffic.bytes[part(from) * count + part(to)] += buffer * e.share;
        }
  }
  return traffic;
}

}  // namespace aifsim
