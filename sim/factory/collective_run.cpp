#include "factory/collective_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "engine/engine.hpp"
#include "machine/placement.hpp"

namespace aifsim {
namespace {

Plan plan_of(const PlatformInstance& platform, const CollectiveQuestion& q, Algorithm algorithm) {
  const Program program =
      single_collective(q.ranks, {q.kind, 0, q.size, algorithm, q.tokens}, name_of(q.kind));
  Job job;
  job.machine = &platform.topology;
  job.platform = &platform.description;
  job.gpu = &platform.gpu;
  job.gpus = q.ranks;
  job.nodes =
      place_job(in_segments(q.placement, q.ranks, 1, platform.topology), q.ranks, platform.topology, q.seed);
  job.router = platform.routers.of(platform.topology, job.nodes, job.folded);
  return make_plan(program, job);
}

const PlannedCollective& collective_of(const Plan& plan) { return plan.collectives.front(); }

double transfer_time(const PhaseCost& phase) { return phase.volume * phase.routed->flow->seconds_per_unit; }

std::string bottleneck_of(const Plan& plan, const Topology& machine) {
  const auto& phases = collective_of(plan).phases();
  const auto slowest = std::max_element(phases.begin(), phases.end(), [&](const auto& a, const auto& b) {
    return transfer_time(a) < transfer_time(b);
  });
  if (slowest == phases.end() || slowest->routed->flow->links.empty()) return "";
  const auto& links = slowest->routed->flow->links;
  const auto seconds = [&](const LinkUnits& l) { return l.units / machine.capacity(l.link).value; };
  const auto busiest = std::max_element(
      links.begin(), links.end(), [&](const auto& a, const auto& b) { return seconds(a) < seconds(b); });
  return machine.link(busiest->link).name;
}

}  // namespace

GroupShape world_shape(const Topology& machine, std::int64_t ranks, const PlacementDescription& placement) {
  const NodeLinks links = machine.joined_gpus() == JoinedGpus::all ? NodeLinks::mesh : NodeLinks::shared;
  const std::int64_t segment = in_segments(placement, ranks, 1, machine).segment;
  return {ranks, std::min(ranks, segment > 0 ? segment : machine.gpus_per_domain()), links};
}

std::vector<Algorithm> algorithms_on(const PlatformInstance& platform, CollectiveKind kind,
                                     std::int64_t ranks, const PlacementDescription& placement) {
  std::vector<Algorithm> found = algorithms_for(kind, world_shape(platform.topology, ranks, placement));
  if (!platform.description.node.switch_reduction)
    std::erase_if(found, [](Algorithm a) {
      return a == Algorithm::nvls || a == Algorithm::nvls_tree || a == Algorithm::nvls_sharp;
    });
  return found;
}

double bus_factor(CollectiveKind kind, std::int64_t ranks) {
  const double others = static_cast<double>(ranks - 1) / static_cast<double>(ranks);
  switch (kind) {
    case CollectiveKind::all_reduce:
      return 2 * others;
    case CollectiveKind::broadcast:
    case CollectiveKind::reduce:
    case CollectiveKind::send_receive:
      return ranks > 1 ? 1 : 0;
    case CollectiveKind::barrier:
      return 0;
    default:
      return others;
  }
}

Algorithm chosen_algorithm(const PlatformInstance& platform, const CollectiveQuestion& q) {
  const Plan plan = plan_of(platform, q, Algorithm::automatic);
  return collective_of(plan).choices[collective_of(plan).chosen].algorithm();
}

CollectiveAnswer run_collective(const PlatformInstance& platform, const CollectiveQuestion& q,
                                Algorithm algorithm) {
  const auto known = algorithms_on(platform, q.kind, q.ranks, q.placement);
  if (std::find(known.begin(), known.end(), algorithm) == known.end()) {
    std::vector<std::string> names;
    for (const Algorithm a : known) names.emplace_back(name_of(a));
    throw CannotAnswer(fmt::format(
        "there is no {} by {} for {} ranks, {} in a node; there is: {}", name_of(q.kind), name_of(algorithm),
        q.ranks, world_shape(platform.topology, q.ranks, q.placement).per_node, fmt::join(names, ", ")));
  }
  const Plan plan = plan_of(platform, q, algorithm);
  CollectiveAnswer answer;
  answer.size = q.size;
  answer.ranks = q.ranks;
  answer.algorithm = algorithm;
  answer.time = run(plan, platform.topology, q.fidelity).duration;
  answer.spread = platform.description.communication.log_spread;
  for (const PhaseCost& phase : collective_of(plan).phases()) answer.latency += phase.latency;
  if (answer.time.value > 0) {
    answer.algorithm_bandwidth = q.size / answer.time;
    answer.bus_bandwidth = answer.algorithm_bandwidth * bus_factor(q.kind, q.ranks);
  }
  if (q.size.value > 0) answer.bottleneck = bottleneck_of(plan, platform.topology);
  return answer;
}

LibraryRuns::Works LibraryRuns::works(const CollectiveQuery& query) {
  const std::int64_t per_node = platform_.topology.gpus_per_node();
  Works& known = known_[{query.op, query.algorithm, query.ranks, query.eight_bit}];
  if (known) return known;
  if (query.ranks > per_node && query.ranks_per_node != per_node)
    throw CannotAnswer(fmt::format("{} ranks per node, but the platform's nodes have {} GPUs",
                                   query.ranks_per_node, per_node));
  const CollectiveKind kind = kind_of(query);
  auto works = std::make_shared<std::vector<CollectiveWork>>();
  for (const Algorithm a : algorithms_of(query, world_shape(platform_.topology, query.ranks),
                                         platform_.description.node.switch_reduction)) {
    const auto [at, isnew] = routed_.try_emplace({kind, a, query.ranks});
    if (isnew) {
      CollectiveQuestion question;
      question.kind = kind;
      question.size = query.bytes;
      question.ranks = query.ranks;
      at->second = collective_of(plan_of(platform_, question, a)).choices.front().routed->work;
    }
    works->push_back(at->second);
  }
  return known = works;
}

Seconds LibraryRuns::time(const CollectiveQuery& query) {
  const LibraryConstants constants = library_constants(platform_.description.communication, false);
  const Works all = works(query);
  Seconds quickest{std::numeric_limits<double>::infinity()};
  for (const CollectiveWork& work : *all)
    quickest = std::min(quickest, price_of(work, query.bytes, constants).total);
  return quickest;
}

}  // namespace aifsim
