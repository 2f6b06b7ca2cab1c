#include "engine/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "collectives/cost.hpp"
#include "collectives/schedule.hpp"
#include "engine/traffic.hpp"
#include "kernels/price.hpp"

namespace aifsim {
namespace {

void set_phase(PhaseCost& p, const CommunicationDescription& c) {
  p.latency = message_time(c, p.hops_intra, p.hops_inter);
  p.volume = p.bytes / (p.nodes == 1 ? intra_node_efficiency(c) : inter_node_efficiency(c, p.nodes));
}

struct PlannedCollective {
  Algorithm algorithm = Algorithm::ring;
  std::vector<PhaseCost> phases;
};

class Planner {
 public:
  Planner(const Program& program, const Job& job) : program_(program), job_(job), traffic_(job) {}

  Plan build() {
    Plan plan;
    plan.events = program_.events;
    for (const Role& role : program_.roles) {
      PlanRole planned{role.name, role.ranks, {}};
      for (const Stream& stream : role.streams) planned.streams.push_back(plan_stream(stream));
      plan.roles.push_back(std::move(planned));
    }
    plan.flows = traffic_.take_flows();
    set_constants(plan, job_.platform->communication, job_.platform->software);
    return plan;
  }

 private:
  PlanStream plan_stream(const Stream& stream) {
    PlanStream planned{stream.name, {}};
    for (const Operation& op : stream.operations) {
      PlanStep step;
      step.label = op.label;
      if (const auto* k = std::get_if<Kernel>(&op.what)) {
        step.burst = price_of(k->op) * static_cast<double>(k->count);
        if (!planned.steps.empty() && planned.steps.back().kind == StepKind::compute &&
            planned.steps.back().label == op.label) {
          planned.steps.back().burst += step.burst;  // kernels of one label run as one piece
          continue;
        }
      } else if (const auto* h = std::get_if<HostWork>(&op.what)) {
        step.kind = StepKind::host;
        step.time = h->time;
      } else if (const auto* c = std::get_if<Collective>(&op.what)) {
        const PlannedCollective& found = collective(*c);
        step.kind = StepKind::collective;
        step.phases = found.phases;
        step.bytes = c->bytes;
        step.detail = fmt::format("{}, {} ranks", name_of(found.algorithm),
                                  program_.communicators[c->communicator].size);
      } else if (const auto* r = std::get_if<Record>(&op.what)) {
        step.kind = StepKind::record;
        step.event = r->event;
      } else {
        step.kind = StepKind::wait;
        step.event = std::get<Wait>(op.what).event;
      }
      planned.steps.push_back(std::move(step));
    }
    return planned;
  }

  Seconds price_of(const KernelOp& op) {
    const auto [at, isnew] = prices_.try_emplace(op);
    if (isnew) at->second = price(*job_.gpu, op).time;
    return at->second;
  }

  const PlannedCollective& collective(const Collective& c) {
    const auto key = std::tuple(c.kind, c.communicator, c.bytes.value, c.algorithm);
    const auto [at, isnew] = collectives_.try_emplace(key);
    if (isnew) at->second = plan_collective(c);
    return at->second;
  }

  PlannedCollective plan_collective(const Collective& c) {
    const Communicator& communicator = program_.communicators[c.communicator];
    const GroupShape shape = traffic_.shape(communicator);
    Algorithm wanted = c.algorithm;
    if (wanted == Algorithm::automatic && c.kind == CollectiveKind::all_reduce)
      wanted = job_.platform->communication.all_reduce;
    const auto known = algorithms_for(c.kind, shape);
    if (std::find(known.begin(), known.end(), wanted) != known.end())
      return plan_with(c, communicator, shape, wanted);
    PlannedCollective best;  // the quickest when nothing else is running
    double best_time = 0;
    for (const Algorithm a : known) {
      PlannedCollective candidate = plan_with(c, communicator, shape, a);
      const double time = time_alone(candidate);
      if (a == known.front() || time < best_time) {
        best = std::move(candidate);
        best_time = time;
      }
    }
    return best;
  }

  PlannedCollective plan_with(const Collective& c, const Communicator& communicator, const GroupShape& shape,
                              Algorithm algorithm) {
    PlannedCollective planned{algorithm, {}};
    const Schedule schedule = make_schedule(c.kind, algorithm, shape);
    for (const PhaseLoad& load : loads(schedule, pieces_of(c.bytes, schedule))) {
      PhaseCost phase;
      double share = 0;
      phase.flow = traffic_.flow_of(communicator, load, share);
      phase.hops_intra = load.hops_intra;
      phase.hops_inter = load.hops_inter;
      phase.nodes = load.hops_inter > 0 ? shape.nodes() : 1;
      phase.bytes = c.bytes.value * share;
      set_phase(phase, job_.platform->communication);
      planned.phases.push_back(phase);
    }
    return planned;
  }

  double time_alone(const PlannedCollective& c) const {
    double time = 0;
    for (const PhaseCost& p : c.phases)
      time += p.latency.value + p.volume * traffic_.flow(p.flow).seconds_per_unit;
    return time;
  }

  const Program& program_;
  const Job& job_;
  Traffic traffic_;
  std::map<KernelOp, Seconds> prices_;
  std::map<std::tuple<CollectiveKind, std::size_t, double, Algorithm>, PlannedCollective> collectives_;
};

}  // namespace

Plan make_plan(const Program& program, const Job& job) { return Planner(program, job).build(); }

void set_constants(Plan& plan, const CommunicationDescription& communication, const SoftwareDescription& software) {
  plan.compute_slowdown = communication.compute_slowdown;
  for (PlanRole& role : plan.roles)
    for (PlanStream& stream : role.streams)
      for (PlanStep& step : stream.steps) {
        if (step.kind == StepKind::compute) step.time = step.burst / *software.sustained_clock;
        for (PhaseCost& phase : step.phases) set_phase(phase, communication);
      }
}

}  // namespace aifsim
