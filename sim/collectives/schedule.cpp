#include "collectives/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string>

#include "collectives/algorithms/build.hpp"

namespace aifsim {
namespace {

struct Builder {
  Algorithm algorithm;
  bool (*build)(Schedule&);
};
constexpr Builder builders[] = {
#define ALGORITHM(name, meaning) {Algorithm::name, &build_##name},
#include "catalog/algorithms.def"
#undef ALGORITHM
};

// Those that are made of the same part in each node.
bool needs_even_nodes(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hierarchical:
    case Algorithm::three_level:
    case Algorithm::nvls:
    case Algorithm::sharp:
    case Algorithm::nvls_sharp:
    case Algorithm::two_level:
      return true;
    default:
      return false;
  }
}

// Appends what all ranks send in `step`, messages to the same rank as one, `times` over. Whether any of it
// crosses nodes.
bool add_step(const Schedule& s, const Phase& phase, std::int64_t step, double times,
              std::vector<EdgeLoad>& out) {
  Sends sends;
  bool crosses = false;
  for (std::int64_t rank = 0; rank < s.group.ranks; ++rank) {
    sends.clear();
    phase.sends(step, rank, sends);
    const std::size_t first = out.size();
    const bool few = sends.all().size() <= 64;
    for (const auto& send : sends.all()) {
      const auto from = out.begin() + static_cast<std::ptrdiff_t>(first);
      const auto same =
          few ? std::find_if(from, out.end(), [&](const EdgeLoad& e) { return e.destination == send.to; })
              : out.end();
      if (same != out.end()) {
        same->share += send.volume * times;
        continue;
      }
      out.push_back({static_cast<std::int32_t>(rank), send.to, send.volume * times});
      crosses |= s.group.node_of(rank) != s.group.node_of(send.to);
    }
  }
  return crosses;
}

void finish(const Schedule& s, const Phase& phase, Hops hops, PhaseLoad& load) {
  for (EdgeLoad& e : load.edges) e.share /= static_cast<double>(s.cells);
  if (phase.period == 0 && !phase.pipelined && phase.steps > 1) {
    load.unlike = phase.steps;
    load.cells = static_cast<double>(s.cells);
    load.sends = phase.sends;
  }
  load.hops_intra = hops.intra;
  load.hops_inter = hops.inter;
  load.extra_messages = phase.extra_messages;
  load.in_switch = phase.in_switch;
  load.pipelined = phase.pipelined;
}

bool any_crosses(const Schedule& s, const std::vector<EdgeLoad>& edges) {
  return std::any_of(edges.begin(), edges.end(), [&](const EdgeLoad& e) {
    return s.group.node_of(e.source) != s.group.node_of(e.destination);
  });
}

// One load over all steps.
PhaseLoad load_of_all_steps(const Schedule& s, const Phase& phase) {
  PhaseLoad load;
  Hops hops;
  if (phase.edges) phase.edges(load.edges);
  if (phase.edges && phase.hops) {
    hops = *phase.hops;
  } else if (phase.edges && phase.period == 1) {
    (any_crosses(s, load.edges) ? hops.inter : hops.intra) = static_cast<double>(phase.steps);
  } else {
    std::vector<EdgeLoad> counted;
    for (std::int64_t step = 0; step < phase.steps; ++step)
      (add_step(s, phase, step, 1, counted) ? hops.inter : hops.intra) += 1;
    if (!phase.edges) load.edges = std::move(counted);
    if (phase.hops) hops = *phase.hops;
  }
  finish(s, phase, hops, load);
  return load;
}

// One load for the steps that are `residue` modulo the period.
PhaseLoad load_of_residue(const Schedule& s, const Phase& phase, std::int64_t residue) {
  const std::int64_t count = (phase.steps - residue + phase.period - 1) / phase.period;  // rounded up
  const auto steps = static_cast<double>(count);
  PhaseLoad load;
  Hops hops;
  (add_step(s, phase, residue, steps, load.edges) ? hops.inter : hops.intra) = steps;
  if (phase.hops) hops = *phase.hops;
  finish(s, phase, hops, load);
  return load;
}

}  // namespace

BlockWeights::BlockWeights(CollectiveKind kind, std::int64_t ranks, double skew)
    : back_(kind == CollectiveKind::expert_combine) {
  if (skew == 0 || kind == CollectiveKind::all_to_all) return;
  std::vector<double> popularity(ranks);
  double sum = 0;
  for (std::int64_t r = 0; r < ranks; ++r) sum += popularity[r] = std::pow(static_cast<double>(r + 1), -skew);
  for (double& p : popularity) p *= static_cast<double>(ranks) / sum;
  popularity_ = std::make_shared<const std::vector<double>>(std::move(popularity));
}

std::optional<Schedule> find_schedule(CollectiveKind kind, Algorithm algorithm, const GroupShape& group,
                                      const TokenSpread& tokens) {
  const auto* const found = std::find_if(std::begin(builders), std::end(builders),
                                         [&](const Builder& b) { return b.algorithm == algorithm; });
  if (found == std::end(builders)) return std::nullopt;
  Schedule s{kind, algorithm, group, 1, {}, {}};
  // One rank has nothing to do; whether the algorithm exists for the kind, two ranks tell.
  if (group.ranks == 1) s.group = {2, 1};
  s.weight = BlockWeights(kind, s.group.ranks, tokens.skew);
  s.visits = tokens.visits;
  if (!s.group.even() && needs_even_nodes(algorithm)) return std::nullopt;
  if (!found->build(s)) return std::nullopt;
  if (group.ranks == 1) s = {kind, algorithm, group, 1, {}, {}};
  return s;
}

Schedule make_schedule(CollectiveKind kind, Algorithm algorithm, const GroupShape& group,
                       const TokenSpread& tokens) {
  auto found = find_schedule(kind, algorithm, group, tokens);
  if (!found)
    throw std::logic_error(std::string("no schedule for ") + name_of(kind) + " by " + name_of(algorithm) +
                           " on " + std::to_string(group.ranks) + " ranks");
  return std::move(*found);
}

std::vector<Algorithm> algorithms_for(CollectiveKind kind, const GroupShape& group) {
  std::vector<Algorithm> found;
  for (const Builder& b : builders)
    if (find_schedule(kind, b.algorithm, group)) found.push_back(b.algorithm);
  return found;
}

void for_each_message(
    const Schedule& schedule, const Phase& phase, std::int64_t pieces,
    const std::function<void(std::int64_t, std::int64_t, std::int64_t, const Sends::Send&)>& visit) {
  const std::int64_t cut = phase.pipelined ? pieces : 1;
  Sends sends;
  for (std::int64_t slot = 0; slot < phase.steps + cut - 1; ++slot)
    for (std::int64_t piece = std::max<std::int64_t>(0, slot - phase.steps + 1); piece < cut && piece <= slot;
         ++piece)
      for (std::int64_t rank = 0; rank < schedule.group.ranks; ++rank) {
        sends.clear();
        phase.sends(slot - piece, rank, sends);
        for (const auto& send : sends.all()) visit(slot, piece, rank, send);
      }
}

std::vector<PhaseLoad> loads(const Schedule& schedule) {
  std::vector<PhaseLoad> result;
  for (const Phase& phase : schedule.phases) {
    if (phase.period == 0 || phase.edges) {
      result.push_back(load_of_all_steps(schedule, phase));
      continue;
    }
    for (std::int64_t residue = 0; residue < std::min(phase.period, phase.steps); ++residue)
      result.push_back(load_of_residue(schedule, phase, residue));
  }
  if (!schedule.streamed || result.empty()) return result;
  PhaseLoad whole;
  for (PhaseLoad& load : result) {
    whole.edges.insert(whole.edges.end(), load.edges.begin(), load.edges.end());
    whole.hops_intra += load.hops_intra;
    whole.hops_inter += load.hops_inter;
    whole.extra_messages += load.extra_messages;
    whole.in_switch |= load.in_switch;
    whole.pipelined |= load.pipelined;
  }
  result = {std::move(whole)};
  return result;
}

}  // namespace aifsim
