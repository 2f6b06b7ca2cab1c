// Constants under the routes of a plan: seconds of each phase, and the quickest algorithm.
#include <algorithm>
#include <limits>

#include "plan/plan.hpp"

namespace aifsim {
namespace {

// What a phase takes beyond its flow goes before it; what of that is bandwidth, as a pipeline fills, makes
// the flow longer.
void set_phase(PhaseCost& p, const MessageConstants& constants) {
  const MessageCost cost = constants.cost(p.bytes, p.routed->nodes);
  const double whole = p.routed->flow->seconds_per_unit;
  p.volume = cost.unit * (whole > 0 ? std::max(1.0, p.routed->alone.seconds / whole) : 1);
  p.latency = Seconds{std::max(0.0, cost.of(p.routed->alone) - p.volume * whole)};
}

// Scales the phases so that they take as long as the law alone on the machine, but no link carries more than its
// rate.
void meet_law(CollectiveCost& c) {
  double latency = 0, transfer = 0;
  for (const PhaseCost& p : c.phases) {
    latency += p.latency.value;
    transfer += p.volume * p.routed->flow->seconds_per_unit;
  }
  c.extra_latency = Seconds{std::max(0.0, c.law->latency.value - latency)};
  c.volume_scale = transfer > 0 ? c.law->transfer.value / transfer : 1;
  if (c.law->bounded)
    for (const PhaseCost& p : c.phases)
      if (p.volume > 0) c.volume_scale = std::max(c.volume_scale, p.bytes / p.volume);
  for (PhaseCost& p : c.phases) {
    p.latency = latency > 0 ? p.latency * (c.law->latency.value / latency)
                            : c.law->latency / static_cast<double>(c.phases.size());
    p.volume *= c.volume_scale;
  }
}

// Without a law: no quicker over nodes than inside each of them.
void meet_least(CollectiveCost& c) {
  double transfer = 0;
  for (const PhaseCost& p : c.phases) transfer += p.volume * p.routed->flow->seconds_per_unit;
  c.volume_scale = transfer > 0 ? std::max(1.0, c.least_transfer.value / transfer) : 1;
  for (PhaseCost& p : c.phases) p.volume *= c.volume_scale;
}

}  // namespace

MessageConstants message_constants(const Plan& plan, const CommunicationDescription& c) {
  return {plan.inside_step.value_or(*c.intra_node_step), plan.between_step.value_or(*c.inter_node_step),
          c.intra_node_efficiency, c.inter_node_efficiency, c.loss_per_doubling};
}

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
        if (step.kind == StepKind::compute) step.time = step.burst / sustained_clock;
  const MessageConstants constants = message_constants(plan, communication);
  for (PlannedCollective& collective : plan.collectives) {
    Seconds quickest{std::numeric_limits<double>::infinity()};
    for (std::size_t i = 0; i < collective.choices.size(); ++i) {
      CollectiveCost& choice = collective.choices[i];
      for (PhaseCost& phase : choice.phases) set_phase(phase, constants);
      if (choice.law)
        meet_law(choice);
      else
        meet_least(choice);
      const Seconds time = time_alone(choice);
      if (!(time < quickest)) continue;
      quickest = time;
      collective.chosen = i;
    }
  }
}

}  // namespace aifsim
