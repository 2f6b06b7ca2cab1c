#include "plan/router.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/hash.hpp"
#include "plan/ring_order.hpp"

namespace aifsim {

Router::Router(const Topology& machine, std::vector<std::int64_t> nodes, bool folded)
    : machine_(machine),
      nodes_(std::move(nodes)),
      folded_(folded),
      joined_(machine.joined_gpus()),
      units_(machine.link_count(), 0),
      inside_(machine.link_count(), 0) {}

GpuId Router::gpu_of(std::int64_t rank) const {
  const std::int64_t per_node = machine_.gpus_per_node();
  return machine_.gpu(nodes_[static_cast<std::size_t>(rank / per_node)], rank % per_node);
}

// The length of the runs of members that follow each other in one domain or node, as `unit` has it: that of all but
// the last of each group, which may be shorter; where they differ, of the longest pieces that all are made of.
template <class Unit>
std::int64_t Router::run_of(const RoutedGroup& group, Unit unit) const {
  const std::vector<std::int64_t>& members = group.members;
  std::int64_t first = 0, pieces = 0;
  bool even = true;
  for (const std::int64_t base : group.bases)
    for (std::size_t i = 0; i < members.size();) {
      const std::size_t begin = i;
      while (++i < members.size() && unit(base + members[i]) == unit(base + members[begin]))
        ;
      const auto length = static_cast<std::int64_t>(i - begin);
      if (first == 0) first = length;
      even &= length == first || (i == members.size() && length < first);
      pieces = std::gcd(pieces, length);
    }
  return even ? first : pieces;
}

GroupShape Router::shape_of(const RoutedGroup& group) const {
  const std::int64_t gpus = machine_.gpus_per_node(), nodes = machine_.nodes_per_domain();
  return {
      std::ssize(group.members),
      run_of(group, [&](std::int64_t rank) { return nodes_[static_cast<std::size_t>(rank / gpus)] / nodes; }),
      joined_ == JoinedGpus::all ? NodeLinks::mesh : NodeLinks::shared};
}

// One order of places for all nodes and groups: a step is as wide as in the worst of them.
void Router::lay_ring(RoutedGroup& group) const {
  const std::int64_t places = group.shape.per_node, gpus = machine_.gpus_per_node();
  if (joined_ != JoinedGpus::some || places < 3 || places > gpus) return;
  std::map<std::vector<std::int64_t>, std::int64_t>
      nodes;  // where members lie in a node -> the node of one such
  for (const std::int64_t base : group.bases)
    for (std::size_t i = 0; i < group.members.size(); i += static_cast<std::size_t>(places)) {
      std::vector<std::int64_t> at;
      for (std::size_t j = i; j < group.members.size() && std::ssize(at) < places; ++j)
        at.push_back((base + group.members[j]) % gpus);
      nodes.try_emplace(std::move(at), nodes_[static_cast<std::size_t>((base + group.members[i]) / gpus)]);
    }
  std::vector<LinkId> route;
  const auto step = [&](std::int64_t a, std::int64_t b) {
    RingStep worst{std::numeric_limits<double>::infinity(), 0};
    for (const auto& [at, node] : nodes) {
      if (std::max(a, b) >= std::ssize(at)) continue;
      route.clear();
      machine_.route(machine_.gpu(node, at[static_cast<std::size_t>(a)]),
                     machine_.gpu(node, at[static_cast<std::size_t>(b)]), route);
      for (const LinkId l : route) worst.bandwidth = std::min(worst.bandwidth, machine_.capacity(l).value);
      worst.latency = std::max(worst.latency, machine_.latency_of(route).value);
    }
    return worst;
  };
  const std::vector<std::int64_t> order = ring_order(places, step);
  group.shape.links = NodeLinks::ring;
  std::vector<std::int64_t> laid;
  for (std::int64_t first = 0; first < std::ssize(group.members); first += places)
    for (const std::int64_t place : order)
      if (first + place < std::ssize(group.members))
        laid.push_back(group.members[static_cast<std::size_t>(first + place)]);
  group.members = std::move(laid);
}

const RoutedGroup& Router::group(const GroupRanks& ranks) {
  const auto [at, isnew] = groups_.try_emplace(ranks);
  RoutedGroup& group = at->second;
  if (!isnew) return group;
  group.bases = ranks.bases.ranks();
  group.members = ranks.members.ranks();
  group.shape = shape_of(group);
  lay_ring(group);
  group.number = groups_.size() - 1;
  return group;
}

void Router::add_edge(GpuId from, GpuId to, double units, Use& use) {
  route_.clear();
  machine_.route(from, to, route_);
  const bool inside = machine_.same_domain(from, to);
  Seconds& slowest = inside ? use.slowest_intra : use.slowest_inter;
  const Seconds latency = machine_.latency_of(route_);
  slowest = std::max(slowest, latency);
  if (!inside) {
    use.sum_inter += latency;
    ++use.routes_inter;
  }
  if (units == 0) return;
  for (const LinkId l : route_) {
    if (units_[l] == 0) touched_.push_back(l);
    units_[l] += units;
    if (inside) inside_[l] += units;
  }
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
    units_[l] = inside_[l] = 0;
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
      units_[l] = inside_[l] = 0;
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
  for (const std::int64_t base : group.bases) {
    use.sum_inter = {};
    use.routes_inter = 0;
    for (const auto& e : phase.edges) {
      const GpuId from = gpu_of(base + group.members[static_cast<std::size_t>(e.source)]),
                  to = gpu_of(base + group.members[static_cast<std::size_t>(e.destination)]);
      // A barrier's messages carry nothing: one unit of no bytes.
      const double units = use.share_per_unit > 0 ? e.share / use.share_per_unit : 1;
      add_edge(from, to, units, use);
      if (!folded_ && units > 0) pairs[{from, to}] += units;
    }
    if (use.routes_inter > 0)
      use.mean_inter = std::max(use.mean_inter, use.sum_inter / static_cast<double>(use.routes_inter));
  }
  for (const LinkId l : touched_) {
    const double rate = machine_.capacity(l).value, between = units_[l] - inside_[l];
    add_to_front(use.busiest, {inside_[l] / rate, between / rate});
    if (inside_[l] > 0) use.alone.inside = std::max(use.alone.inside, 1 / rate);
    if (between > 0) use.alone.between = std::max(use.alone.between, 1 / rate);
  }
  use.flow = find_or_add(collect());
  for (const auto& [pair, units] : pairs)
    use.edges.push_back({&flow_between(pair.first, pair.second), units});
  return use;
}

RoutedCollective Router::routed(const Schedule& schedule, const RoutedGroup& group) {
  const GroupShape& shape = group.shape;
  RoutedCollective all{
      schedule.algorithm, {}, {schedule.kind, shape.ranks, shape.per_node, shape.nodes(), {}}};
  for (const PhaseLoad& load : loads(schedule)) {
    Use use = use_of(group, load);
    const double whole = use.flow->seconds_per_unit, share = use.share_per_unit;
    // Whoever follows a part around a ring comes over each of its routes in turn, and a sender does not wait for arrival.
    const bool around = !load.pipelined && load.hops_inter > 1;
    PhaseWork work{load.hops_intra,
                   load.hops_inter,
                   load.extra_messages,
                   load.hops_intra * use.slowest_intra.value,
                   load.hops_inter * (around ? use.mean_inter : use.slowest_inter).value,
                   load.in_switch,
                   load.pipelined,
                   whole * share,
                   {use.alone.inside * share, use.alone.between * share},
                   {}};
    double unlike = 1;
    if (load.unlike > 1) {
      const StepByStep steps = step_by_step(group, load, use);
      if (whole > 0) unlike = std::max(1.0, steps.seconds / whole);
      (load.hops_inter > 0 ? work.route_between : work.route_inside) = steps.latency.value;
      (load.hops_inter > 0 ? work.route_inside : work.route_between) = 0;
    }
    for (const LinkSeconds& l : use.busiest)
      work.busiest.push_back({l.inside * share * unlike, l.between * share * unlike});
    all.work.phases.push_back(std::move(work));
    all.phases.push_back({use.flow, std::move(use.edges), share});
  }
  return all;
}

const RoutedCollective& Router::collective(CollectiveKind kind, Algorithm algorithm, const RoutedGroup& group,
                                           const TokenSpread& tokens) {
  const Key key{kind, algorithm, group.number, tokens};
  if (const auto known = collectives_.find(key); known != collectives_.end()) return known->second;
  return collectives_.emplace(key, routed(make_schedule(kind, algorithm, group.shape, tokens), group))
      .first->second;
}

}  // namespace aifsim
