#include "plan/router.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/hash.hpp"

namespace aifsim {

namespace {

// GPUs of one scale-up domain, where the job's nodes fill domains one after the other; else of one node.
std::int64_t unit_of(const Topology& machine, const std::vector<std::int64_t>& nodes) {
  const std::int64_t of_domain = machine.nodes_per_domain();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto place = static_cast<std::int64_t>(i);
    if (nodes[i] / of_domain != nodes[static_cast<std::size_t>(place / of_domain * of_domain)] / of_domain)
      return machine.gpus_per_node();
  }
  return machine.gpus_per_domain();
}

// Where the edge from one rank to another stands in a list.
class EdgeFinder {
 public:
  EdgeFinder(const std::vector<EdgeLoad>& edges, std::int64_t ranks)
      : edges_(edges), first_(static_cast<std::size_t>(ranks) + 1, 0), by_source_(edges.size()) {
    for (const EdgeLoad& e : edges) ++first_[static_cast<std::size_t>(e.source) + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t i = 0; i < edges.size(); ++i) by_source_[next[edges[i].source]++] = i;
  }
  // Ranks of a pipelined phase send to few others.
  std::uint32_t operator()(std::int32_t from, std::int32_t to) const {
    std::uint32_t i = first_[from];
    while (edges_[by_source_[i]].destination != to) ++i;
    return by_source_[i];
  }

 private:
  const std::vector<EdgeLoad>& edges_;
  std::vector<std::uint32_t> first_, by_source_;  // the edges of rank r are by_source_[first_[r]] and on
};

}  // namespace

MessageCost MessageConstants::cost(double bytes, std::int64_t nodes) const {
  const double doublings = std::max(0.0, std::log2(static_cast<double>(nodes)) - 1);
  const double efficiency =
      nodes == 1 ? inside_efficiency : between_efficiency * std::pow(1 - loss_per_doubling, doublings);
  return {inside_step, between_step, bytes / efficiency};
}

Router::Router(const Topology& machine, std::vector<std::int64_t> nodes, std::int64_t gpus, bool folded)
    : machine_(machine),
      nodes_(std::move(nodes)),
      gpus_(gpus),
      folded_(folded),
      gpus_per_unit_(unit_of(machine, nodes_)),
      direct_(machine.direct_gpus()),
      units_(machine.link_count(), 0),
      book_(machine) {}

GpuId Router::gpu_of(std::int64_t rank) const {
  const std::int64_t per_node = machine_.gpus_per_node();
  return static_cast<GpuId>(nodes_[static_cast<std::size_t>(rank / per_node)] * per_node + rank % per_node);
}

// Runs of members that follow each other in one unit, all of one length but the last, which may be shorter; else
// one in each.
GroupShape Router::shape_of(const std::vector<std::int64_t>& members, std::int64_t base) const {
  const auto size = static_cast<std::int64_t>(members.size());
  const auto unit = [&](std::size_t i) { return (base + members[i]) / gpus_per_unit_; };
  std::size_t run = 1;
  while (run < members.size() && unit(run) == unit(0)) ++run;
  for (std::size_t i = 0; i < members.size(); i += run)
    if (unit(i) != unit(std::min(i + run, members.size()) - 1)) return {size, 1, direct_};
  return {size, static_cast<std::int64_t>(run), direct_};
}

const RoutedGroup& Router::group(const GroupRanks& ranks) {
  const auto [at, isnew] = groups_.try_emplace(ranks);
  RoutedGroup& group = at->second;
  if (!isnew) return group;
  group.bases = ranks.bases.ranks();
  group.members = ranks.members.ranks();
  group.shape = shape_of(group.members, group.bases.front());
  // Where nodes begin elsewhere in other groups, the last node is not the short one in all.
  if (!group.shape.even())
    for (const std::int64_t base : group.bases)
      if ((base - group.bases.front()) % gpus_per_unit_ != 0) group.shape.per_node = 1;
  const bool contiguous = ranks.members.directions.empty() || (ranks.members.directions.size() == 1 &&
                                                               ranks.members.directions.front().stride == 1);
  group.whole_nodes = contiguous && group.shape.per_node == gpus_per_unit_ && group.shape.even();
  group.number = groups_.size() - 1;
  return group;
}

Router::RouteLatency Router::add_edge(GpuId from, GpuId to, double units, Use& use) {
  route_.clear();
  machine_.route(from, to, route_);
  const RouteLatency found{machine_.latency_of(route_), machine_.same_domain(from, to)};
  Seconds& slowest = found.inside ? use.slowest_intra : use.slowest_inter;
  slowest = std::max(slowest, found.latency);
  if (units == 0) return found;
  for (const LinkId l : route_) {
    if (units_[l] == 0) touched_.push_back(l);
    units_[l] += units;
  }
  return found;
}

// What lies in the scratch, as a flow; the scratch is empty afterwards.
Flow Router::collect() {
  if (touched_.size() >
      units_.size() / 16) {  // most of a machine's links: looking at all is less than sorting
    touched_.clear();
    for (LinkId l = 0; l < units_.size(); ++l)
      if (units_[l] != 0) touched_.push_back(l);
  } else {
    std::sort(touched_.begin(), touched_.end());
  }
  Flow flow;
  flow.links.reserve(touched_.size());
  for (const LinkId l : touched_) {
    flow.links.push_back({l, units_[l]});
    flow.seconds_per_unit = std::max(flow.seconds_per_unit, units_[l] / machine_.capacity(l).value);
    units_[l] = 0;
  }
  touched_.clear();
  return flow;
}

const Flow* Router::find_or_add(Flow flow) {
  std::uint64_t hash = flow.links.size();
  for (const auto& [link, units] : flow.links)
    hash = mixed(hash ^ mixed(link ^ std::bit_cast<std::uint64_t>(units)));
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at)
    if (std::equal(
            flow.links.begin(), flow.links.end(), at->second->links.begin(), at->second->links.end(),
            [](const LinkUnits& a, const LinkUnits& b) { return a.link == b.link && a.units == b.units; }))
      return at->second;
  flows_.push_back(std::move(flow));
  by_hash_.emplace(hash, &flows_.back());
  return &flows_.back();
}

const Flow& Router::flow_between(GpuId source, GpuId destination) {
  const Flow*& known = by_pair_[{source, destination}];
  if (!known) {
    Use unused;
    add_edge(source, destination, 1, unused);
    flows_.push_back(collect());
    known = &flows_.back();
  }
  return *known;
}

PhaseTime Router::time_of(const RoutedGroup& group, const PhaseLoad& phase, const Use& use,
                          const MessageCost& cost) const {
  const EdgeFinder edge_of(phase.edges, group.shape.ranks);
  std::int32_t channels = 0;
  std::vector<std::size_t> next(1, 0);  // by step: where its messages go
  const std::size_t groups = group.bases.size();
  phase.piece([&](const PieceSend& p) {
    channels = std::max(channels, p.channel + 1);
    const auto step = static_cast<std::size_t>(p.step);
    if (next.size() < step + 2) next.resize(step + 2, 0);
    next[step + 1] += groups;
  });
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<PieceMessage> messages(next.back());
  std::uint32_t before = 0;  // edges of the groups before
  for (const std::int64_t base : group.bases) {
    const auto pipe = [&](std::int32_t member, std::int32_t channel) {
      return static_cast<std::int32_t>((base + group.members[static_cast<std::size_t>(member)]) * channels +
                                       channel);
    };
    phase.piece([&](const PieceSend& p) {
      messages[next[static_cast<std::size_t>(p.step)]++] = {
          pipe(p.source, p.channel), pipe(p.destination, p.channel), p.step,
          before + edge_of(p.source, p.destination), static_cast<float>(p.share / use.share_per_unit)};
    });
    before += static_cast<std::uint32_t>(phase.edges.size());
  }
  return pipeline_time(messages, use.routes, static_cast<std::size_t>(gpus_ * channels), phase.pieces, cost);
}

Router::StepByStep Router::step_by_step(const RoutedGroup& group, const PhaseLoad& phase, const Use& use) {
  constexpr double most_messages = 250'000, golden = 0.6180339887498949;
  const std::int64_t samples = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(most_messages /
                                static_cast<double>(group.bases.size() * group.members.size())),
      2, phase.unlike);
  Sends sends;
  StepByStep sum;
  for (std::int64_t i = 0; i < samples; ++i) {
    // Spread without a period, as steps have one.
    const double place = std::fmod(golden * static_cast<double>(i + 1), 1.0);
    const std::int64_t step =
        samples == phase.unlike
            ? i
            : std::min(phase.unlike - 1,
                       static_cast<std::int64_t>(place * static_cast<double>(phase.unlike)));
    Use of_step;
    for (const std::int64_t base : group.bases)
      for (std::size_t rank = 0; rank < group.members.size(); ++rank) {
        sends.clear();
        phase.sends(step, static_cast<std::int64_t>(rank), sends);
        for (const Sends::Send& send : sends.all())
          add_edge(gpu_of(base + group.members[rank]),
                   gpu_of(base + group.members[static_cast<std::size_t>(send.to)]),
                   use.share_per_unit > 0 ? send.volume / phase.cells / use.share_per_unit : 0, of_step);
      }
    double busiest = 0;
    for (const LinkId l : touched_) {
      busiest = std::max(busiest, units_[l] / machine_.capacity(l).value);
      units_[l] = 0;
    }
    touched_.clear();
    sum.seconds += busiest;
    sum.latency += std::max(of_step.slowest_intra, of_step.slowest_inter);
  }
  const double times = static_cast<double>(phase.unlike) / static_cast<double>(samples);
  return {sum.seconds * times, sum.latency * times};
}

Router::Use Router::use_of(const RoutedGroup& group, const PhaseLoad& phase) {
  Use use;
  for (const auto& e : phase.edges)  // the least of those that carry anything; a barrier's carry nothing
    if (e.share > 0 && (use.share_per_unit == 0 || e.share < use.share_per_unit))
      use.share_per_unit = e.share;
  std::map<std::pair<GpuId, GpuId>, double> pairs;  // unfolded: channels between the same GPUs are one flow
  for (const std::int64_t base : group.bases)
    for (const auto& e : phase.edges) {
      const GpuId from = gpu_of(base + group.members[static_cast<std::size_t>(e.source)]),
                  to = gpu_of(base + group.members[static_cast<std::size_t>(e.destination)]);
      // A barrier's messages carry nothing: one unit of no bytes.
      const double units = use.share_per_unit > 0 ? e.share / use.share_per_unit : 1;
      const RouteLatency found = add_edge(from, to, units, use);
      if (phase.pipelined()) book_.add(route_, found.latency, found.inside);
      if (!folded_ && units > 0) pairs[{from, to}] += units;
    }
  use.flow = find_or_add(collect());
  if (phase.pipelined()) use.routes = book_.take();
  for (const auto& [pair, units] : pairs)
    use.edges.push_back({&flow_between(pair.first, pair.second), units});
  return use;
}

// In as many pieces as take least time, of 1, 2, 4 ...: a library has enough of them in flight to hide a message's
// latency where it can. A minimum over cuts that do not depend on the bytes never falls with more of them. All
// pipelined phases of a schedule are cut as the first: `pieces`, 0 until then.
PhaseTime Router::quickest_cut(const RoutedGroup& group, PhaseLoad& load, const Use& use,
                               const MessageCost& cost, std::int64_t& pieces) const {
  constexpr int most = 14;  // powers of two; beyond 16,384 a pipeline is full, and its pieces grow
  const auto cut = [&](int power) {
    load.pieces = std::int64_t{1} << power;
    return time_of(group, load, use, cost);
  };
  if (pieces > 0) {
    load.pieces = pieces;
    return time_of(group, load, use, cost);
  }
  // Few pieces wait for the pipeline to fill, many for their messages: one minimum between.
  const double filled = cost.unit * use.flow->seconds_per_unit;
  const double message =
      cost.of({load.hops_intra, load.hops_inter,
               load.hops_intra * use.slowest_intra.value + load.hops_inter * use.slowest_inter.value, 0});
  const double guess = std::log2(
      std::max(1.0, (load.hops_intra + load.hops_inter) * std::sqrt(filled / std::max(message, 1e-12))));
  int power = std::clamp(static_cast<int>(std::lround(guess)), 0, most);
  PhaseTime best = cut(power);
  for (const int by : {1, -1}) {
    const int start = power;
    while (power + by >= 0 && power + by <= most) {
      const PhaseTime next = cut(power + by);
      if (!(cost.of(next) < cost.of(best))) break;
      best = next;
      power += by;
    }
    if (power != start) break;
  }
  load.pieces = pieces = std::int64_t{1} << power;
  return best;
}

RoutedCollective Router::routed(const Schedule& schedule, const RoutedGroup& group, Bytes bytes,
                                const MessageConstants& constants) {
  RoutedCollective all{schedule.algorithm, {}, 0};
  for (PhaseLoad& load : loads(schedule, 1)) {
    const Use use = use_of(group, load);
    RoutedPhase& phase = all.phases.emplace_back();
    phase.flow = use.flow;
    phase.edges = use.edges;
    phase.nodes = load.hops_inter > 0 ? group.shape.nodes() : 1;
    phase.share = use.share_per_unit;
    const double whole = use.flow->seconds_per_unit;
    const MessageCost cost = constants.cost(bytes.value * phase.share, phase.nodes);
    if (load.pipelined() && cost.unit > 0) {
      phase.alone = quickest_cut(group, load, use, cost, all.pieces);
      continue;
    }
    phase.alone = {load.hops_intra, load.hops_inter,
                   load.hops_intra * use.slowest_intra.value + load.hops_inter * use.slowest_inter.value,
                   whole};
    if (load.unlike > 1) {
      const StepByStep steps = step_by_step(group, load, use);
      phase.alone.seconds = std::max(whole, steps.seconds);
      phase.alone.latency = steps.latency.value;
    }
  }
  all.pieces = std::max<std::int64_t>(1, all.pieces);
  return all;
}

const RoutedCollective& Router::collective(CollectiveKind kind, Algorithm algorithm, const RoutedGroup& group,
                                           double skew, Bytes bytes, const MessageConstants& constants) {
  const auto cut = [&](double of, const MessageConstants& by) {
    return Key{kind, algorithm, group.number, skew, of, by};
  };
  if (const auto known = collectives_.find(cut(0, {})); known != collectives_.end()) return known->second;
  if (const auto known = collectives_.find(cut(bytes.value, constants)); known != collectives_.end())
    return known->second;
  const Schedule schedule = make_schedule(kind, algorithm, group.shape, skew);
  const bool pipelined =
      std::any_of(schedule.phases.begin(), schedule.phases.end(), [](const Phase& p) { return p.pipelined; });
  return collectives_
      .emplace(pipelined ? cut(bytes.value, constants) : cut(0, {}),
               routed(schedule, group, bytes, constants))
      .first->second;
}

}  // namespace aifsim
