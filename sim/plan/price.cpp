// Constants under the routes of a plan: seconds of each phase, and the algorithm that the library takes.
#include <algorithm>
#include <limits>

#include "plan/plan.hpp"

namespace aifsim {
namespace {

// What a collective takes once goes before its first phase.
void set_price(CollectiveCost& c, Bytes bytes, double share, const LibraryConstants& constants) {
  c.price = price_of(c.routed->work, bytes, constants, c.price.protocol);
  for (std::size_t i = 0; i < c.phases.size(); ++i) {
    c.phases[i].latency = (c.price.phases[i].latency + (i == 0 ? c.price.once : Seconds{0})) * share;
    c.phases[i].volume = c.phases[i].bytes * c.price.phases[i].stretch;
  }
}

}  // namespace

Seconds time_alone(const CollectiveCost& c) {
  Seconds time;
  for (const PhaseCost& p : c.phases)
    time += p.latency + Seconds{p.volume * p.routed->flow->seconds_per_unit};
  return time;
}

void set_constants(Plan& plan, const CommunicationDescription& communication, double sustained_clock,
                   double compute_slowdown) {
  plan.communication = communication;
  plan.compute_slowdown = compute_slowdown;
  for (PlanRole& role : plan.roles)
    for (PlanStream& stream : role.streams)
      for (PlanStep& step : stream.steps)
        if (step.kind == StepKind::compute && !step.timed)
          step.time = step.burst / sustained_clock * plan.slowest;
  // A library chooses by what an idle machine takes.
  const LibraryConstants idle = library_constants(communication, false),
                         real = library_constants(communication, plan.busy);
  for (PlannedCollective& collective : plan.collectives) {
    if (collective.storage) {
      PhaseCost& phase = collective.choices.front().phases.front();
      phase.latency = collective.storage->once;
      phase.volume = phase.bytes;
      continue;
    }
    Seconds quickest{std::numeric_limits<double>::infinity()};
    for (std::size_t i = 0; i < collective.choices.size(); ++i) {
      CollectiveCost& choice = collective.choices[i];
      choice.price = price_of(choice.routed->work, collective.bytes, idle);
      if (!(choice.price.total < quickest)) continue;
      quickest = choice.price.total;
      collective.chosen = i;
    }
    for (CollectiveCost& choice : collective.choices)
      set_price(choice, collective.bytes, collective.share, real);
  }
}

}  // namespace aifsim
