#include "engine/plan.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "collectives/cost.hpp"
#include "collectives/schedule.hpp"
#include "engine/launches.hpp"
#include "engine/traffic.hpp"
#include "kernels/price_cache.hpp"

namespace aifsim {
namespace {

MessageCost cost_of_phase(const CommunicationDescription& c, Seconds intra, Seconds inter,
                          const PhaseCost& p) {
  return {intra, inter,
          p.bytes / (p.nodes == 1 ? intra_node_efficiency(c) : inter_node_efficiency(c, p.nodes))};
}

// What a phase takes beyond its flow goes before it; what of that is bandwidth, as a pipeline fills, makes
// the flow longer.
void set_phase(PhaseCost& p, const CommunicationDescription& c, const Plan& plan) {
  const MessageCost cost = cost_of_phase(c, plan.inside_step.value_or(*c.intra_node_step),
                                         plan.between_step.value_or(*c.inter_node_step), p);
  const double whole = plan.flows[p.flow].seconds_per_unit;
  p.volume = cost.unit * (whole > 0 ? std::max(1.0, p.alone.seconds / whole) : 1);
  p.latency = Seconds{std::max(0.0, cost.of(p.alone) - p.volume * whole)};
}

// Scales the phases so that they take as long as the law alone on the machine.
void meet_law(CollectiveCost& c, const std::vector<Flow>& flows) {
  double latency = 0, transfer = 0;
  for (const PhaseCost& p : c.phases) {
    latency += p.latency.value;
    transfer += p.volume * flows[p.flow].seconds_per_unit;
  }
  c.extra_latency = Seconds{std::max(0.0, c.law->latency.value - latency)};
  c.volume_scale = transfer > 0 ? c.law->transfer.value / transfer : 1;
  for (PhaseCost& p : c.phases) {
    p.latency = latency > 0 ? p.latency * (c.law->latency.value / latency)
                            : c.law->latency / static_cast<double>(c.phases.size());
    p.volume *= c.volume_scale;
  }
}

double time_alone(const CollectiveCost& c, const std::vector<Flow>& flows) {
  double time = 0;
  for (const PhaseCost& p : c.phases) time += p.latency.value + p.volume * flows[p.flow].seconds_per_unit;
  return time;
}

class Planner {
 public:
  Planner(const Program& program, const Job& job)
      : program_(program), job_(job), traffic_(job), prices_(*job.gpu, {}, job.draw) {
    // Half a step of a law, so that the route's latency has its place in the other half.
    const CollectiveModels& models = job.platform->collectives;
    if (!models.node.empty()) inside_step_ = Seconds{0.5 * models.node.front().step};
    if (!models.cluster.empty() && job.idle_fabric)
      between_step_ = Seconds{0.5 * models.cluster.front().ring_step};
  }

  Plan build() {
    Plan plan;
    plan.events = program_.events;
    plan.nodes = job_.nodes;
    plan.gpus = job_.gpus;
    for (const Role& role : program_.roles) {
      PlanRole planned{role.name, role.ranks, {}};
      for (const Stream& stream : role.streams) planned.streams.push_back(plan_stream(stream));
      if (job_.launch.value > 0) plan.events = add_launches(planned, job_.launch, plan.events);
      plan.roles.push_back(std::move(planned));
    }
    plan.flows = traffic_.take_flows();
    plan.inside_step = inside_step_;
    plan.between_step = between_step_;
    set_constants(plan, job_.platform->communication, job_.platform->software);
    return plan;
  }

 private:
  PlanStream plan_stream(const Stream& stream) {
    ++lanes_;
    PlanStream planned{stream.name, {}};
    for (const Operation& op : stream.operations) {
      PlanStep step;
      step.label = op.label;
      if (const auto* k = std::get_if<Kernel>(&op.what)) {
        const Price& price = prices_(k->op);
        step.burst = price.time * static_cast<double>(k->count);
        step.energy = price.energy * static_cast<double>(k->count);
        step.kernels = k->count;
        if (!planned.steps.empty() && planned.steps.back().kind == StepKind::compute &&
            planned.steps.back().label == op.label) {
          planned.steps.back().kernels += step.kernels;
          planned.steps.back().energy += step.energy;
          planned.steps.back().burst += step.burst;  // kernels of one label run as one piece
          continue;
        }
      } else if (const auto* h = std::get_if<HostWork>(&op.what)) {
        step.kind = StepKind::host;
        step.time = h->time;
      } else if (const auto* c = std::get_if<Collective>(&op.what)) {
        step.kind = StepKind::collective;
        step.choices = choices_for(*c);
        step.bytes = c->bytes;
        step.ranks = program_.communicators[c->communicator].size;
        const Communicator& communicator = program_.communicators[c->communicator];
        step.collective = {c->kind, communicator, traffic_.shape(communicator), c->skew};
        step.lane = lanes_;
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

  const std::vector<CollectiveCost>& choices_for(const Collective& c) {
    const auto key = std::tuple(c.kind, c.communicator, c.bytes.value, c.algorithm, c.skew);
    const auto [at, isnew] = collectives_.try_emplace(key);
    if (!isnew) return at->second;
    const Communicator& communicator = program_.communicators[c.communicator];
    const GroupShape shape = traffic_.shape(communicator);
    Algorithm wanted = c.algorithm;
    if (wanted == Algorithm::automatic && c.kind == CollectiveKind::all_reduce)
      wanted = job_.platform->communication.all_reduce;
    const bool whole = communicator.stride == 1 && shape.per_node == traffic_.gpus_per_unit();
    const bool law = shape.nodes() == 1 || job_.idle_fabric;
    auto candidates = gpu_algorithms_for(c.kind, shape);
    if (find_schedule(c.kind, wanted, shape)) {
      candidates = {wanted};
    } else if (const auto own = library_choices(*job_.platform, c.kind, shape, c.bytes, whole);
               law && !own.empty()) {
      candidates = own;
    }
    for (const Algorithm a : candidates) {
      at->second.push_back(cost_of(c, communicator, shape, a));
      if (law) at->second.back().law = law_of(*job_.platform, c.kind, a, shape, c.bytes, whole);
    }
    return at->second;
  }

  CollectiveCost cost_of(const Collective& c, const Communicator& communicator, const GroupShape& shape,
                         Algorithm algorithm) {
    CollectiveCost cost{algorithm, {}};
    const Schedule schedule = make_schedule(c.kind, algorithm, shape, c.skew);
    cost.pieces = pieces_of(c.bytes, schedule);
    for (PhaseLoad& load : loads(schedule, cost.pieces)) {
      const Traffic::Use use = traffic_.use_of(communicator, load);
      PhaseCost phase;
      phase.flow = use.flow;
      phase.edges = use.edges;
      phase.nodes = load.hops_inter > 0 ? shape.nodes() : 1;
      phase.bytes = c.bytes.value * use.share_per_unit;
      const double whole = traffic_.flow(use.flow).seconds_per_unit;
      if (load.pipelined() && phase.bytes > 0) {
        const double flow = message_cost(phase).unit * whole;
        // All pipelined phases of a schedule are cut alike.
        cost.pieces = load.pieces =
            merged_pieces(cost.pieces, Seconds{flow / static_cast<double>(cost.pieces)},
                          std::max(use.slowest_intra, use.slowest_inter), load.hops_intra + load.hops_inter);
        phase.alone = traffic_.time_of(communicator, load, use, message_cost(phase));
      } else {
        phase.alone = {load.hops_intra, load.hops_inter,
                       load.hops_intra * use.slowest_intra.value + load.hops_inter * use.slowest_inter.value,
                       whole};
        if (load.unlike > 1) {
          const Traffic::StepByStep steps = traffic_.step_by_step(communicator, load, use);
          phase.alone.seconds = std::max(whole, steps.seconds);
          phase.alone.latency = steps.latency.value;
        }
      }
      cost.phases.push_back(phase);
    }
    return cost;
  }

  MessageCost message_cost(const PhaseCost& phase) const {
    const CommunicationDescription& c = job_.platform->communication;
    return cost_of_phase(c, inside_step_.value_or(*c.intra_node_step),
                         between_step_.value_or(*c.inter_node_step), phase);
  }

  const Program& program_;
  const Job& job_;
  Traffic traffic_;
  std::optional<Seconds> inside_step_, between_step_;
  std::size_t lanes_ = 0;
  PriceCache prices_;
  std::map<std::tuple<CollectiveKind, std::size_t, double, Algorithm, double>, std::vector<CollectiveCost>>
      collectives_;
};

}  // namespace

Plan make_plan(const Program& program, const Job& job) { return Planner(program, job).build(); }

void set_constants(Plan& plan, const CommunicationDescription& communication,
                   const SoftwareDescription& software) {
  plan.communication = communication;
  plan.compute_slowdown = communication.compute_slowdown;
  for (PlanRole& role : plan.roles)
    for (PlanStream& stream : role.streams)
      for (PlanStep& step : stream.steps) {
        if (step.kind == StepKind::compute) step.time = step.burst / *software.sustained_speed;
        double quickest = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < step.choices.size(); ++i) {
          for (PhaseCost& phase : step.choices[i].phases) set_phase(phase, communication, plan);
          if (step.choices[i].law) meet_law(step.choices[i], plan.flows);
          const double time = time_alone(step.choices[i], plan.flows);
          if (time >= quickest) continue;
          quickest = time;
          step.chosen = i;
        }
      }
}

}  // namespace aifsim
