#include "engine/track.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/engine.hpp"

namespace aifsim {

RoleTrack empty_track(const PlanRole& role) {
  RoleTrack track{role.name, role.ranks, {}};
  for (const auto& s : role.streams) track.streams.push_back({s.name, {}});
  return track;
}

Span span_of(const PlanStep& step, Seconds start, Seconds end) {
  Span span;
  span.kind = step.kind == StepKind::compute ? SpanKind::compute
              : step.kind == StepKind::host  ? SpanKind::host
                                             : SpanKind::communication;
  span.label = step.label;
  span.start = start;
  span.end = end;
  span.bytes = step.bytes;
  if (step.kind == StepKind::collective)
    span.detail = fmt::format("{}, {} ranks", name_of(step.choices[step.chosen].algorithm), step.ranks);
  return span;
}

std::vector<LinkUse> link_use(const Plan& plan, const Topology& machine, Seconds duration) {
  std::vector<double> volume(plan.flows.size(), 0);  // bytes per unit count, over the run
  for (const auto& role : plan.roles)
    for (const auto& stream : role.streams)
      for (const auto& step : stream.steps)
        for (const auto& phase : step.phases()) volume[phase.flow] += phase.bytes;

  std::map<LinkId, double> carried;
  for (std::size_t f = 0; f < plan.flows.size(); ++f)
    for (const auto& [link, count] : plan.flows[f].all) carried[link] += volume[f] * count;

  struct Class {
    double bytes = 0, capacity = 0;
    std::size_t links = 0;
  };
  std::map<std::string, Class> classes;
  for (const auto& [link, bytes] : carried) {
    Class& c = classes[machine.link(link).class_name];
    const double capacity = machine.capacity(link).value;
    if (c.links == 0 || bytes / capacity > c.bytes / c.capacity) {
      c.bytes = bytes;
      c.capacity = capacity;
    }
    ++c.links;
  }
  std::vector<LinkUse> uses;
  for (const auto& [name, c] : classes) {
    LinkUse use;
    use.name = name + " (" + std::to_string(c.links) + " links)";
    use.capacity = BytesPerSecond{c.capacity};
    use.carried = Bytes{c.bytes};
    use.utilisation = duration.value > 0 ? c.bytes / (c.capacity * duration.value) : 0;
    uses.push_back(std::move(use));
  }
  std::stable_sort(uses.begin(), uses.end(),
                   [](const LinkUse& a, const LinkUse& b) { return a.utilisation > b.utilisation; });
  return uses;
}

}  // namespace aifsim
