#include "engine/traffic.hpp"

#include <algorithm>
#include <bit>

#include "base/hash.hpp"

namespace aifsim {

namespace {

// GPUs of one scale-up domain, where the job's nodes fill domains one after the other; else of one node.
std::int64_t unit_of(const Job& job) {
  const std::int64_t nodes = job.machine->nodes_per_domain();
  for (std::size_t i = 0; i < job.nodes.size(); ++i) {
    const auto place = static_cast<std::int64_t>(i);
    if (job.nodes[i] / nodes != job.nodes[static_cast<std::size_t>(place / nodes * nodes)] / nodes)
      return job.machine->gpus_per_node();
  }
  return job.machine->gpus_per_domain();
}

}  // namespace

Traffic::Traffic(const Job& job)
    : job_(job), gpus_per_unit_(unit_of(job)), units_(job.machine->link_count(), 0) {}

GroupShape Traffic::shape(const Communicator& c) const {
  const std::int64_t per_node = gpus_per_unit_;
  if (c.stride >= per_node) return {c.size, 1};
  const std::int64_t in_node = std::min(c.size, per_node / c.stride);
  return {c.size, c.size % in_node == 0 ? in_node : 1};
}

GpuId Traffic::gpu_of(std::int64_t rank) const {
  const std::int64_t per_node = job_.machine->gpus_per_node();
  return static_cast<GpuId>(job_.nodes[rank / per_node] * per_node + rank % per_node);
}

void Traffic::add_edge(GpuId from, GpuId to, double units, Use& use) {
  route_.clear();
  job_.machine->route(from, to, route_);
  Seconds& slowest = job_.machine->same_domain(from, to) ? use.slowest_intra : use.slowest_inter;
  slowest = std::max(slowest, job_.machine->latency_of(route_));
  if (units == 0) return;
  for (const LinkId l : route_) {
    if (units_[l] == 0) touched_.push_back(l);
    units_[l] += units;
  }
}

// What lies in the scratch, as a flow; the scratch is empty afterwards.
Flow Traffic::collect() {
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
    flow.seconds_per_unit = std::max(flow.seconds_per_unit, units_[l] / job_.machine->capacity(l).value);
    units_[l] = 0;
  }
  touched_.clear();
  return flow;
}

std::size_t Traffic::find_or_add(Flow flow) {
  std::uint64_t hash = flow.links.size();
  for (const auto& [link, units] : flow.links)
    hash = mixed(hash ^ mixed(link ^ std::bit_cast<std::uint64_t>(units)));
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at)
    if (std::equal(flow.links.begin(), flow.links.end(), flows_[at->second].links.begin(),
                   flows_[at->second].links.end(), [](const LinkUnits& a, const LinkUnits& b) {
                     return a.link == b.link && a.units == b.units;
                   }))
      return at->second;
  by_hash_.emplace(hash, flows_.size());
  flows_.push_back(std::move(flow));
  return flows_.size() - 1;
}

std::size_t Traffic::flow_between(GpuId source, GpuId destination) {
  const auto [at, isnew] = by_pair_.try_emplace({source, destination});
  if (isnew) {
    Use unused;
    add_edge(source, destination, 1, unused);
    at->second = flows_.size();
    flows_.push_back(collect());
  }
  return at->second;
}

template <class ForEachEdge>
void Traffic::average(ForEachEdge for_each_edge, Use& use) {
  std::vector<double> own(static_cast<std::size_t>(job_.gpus), 0);
  double slowest = 0;
  for_each_edge([&](std::int64_t source, std::int64_t destination, double units) {
    const GpuId from = gpu_of(source), to = gpu_of(destination);
    const bool inside = job_.machine->same_domain(from, to);
    Use::Average& kind = inside ? use.intra : use.inter;
    route_.clear();
    job_.machine->route(from, to, route_);
    double busiest = 0, narrowest = 0;
    for (const LinkId l : route_) {
      busiest = std::max(busiest, units_[l] / job_.machine->capacity(l).value);
      narrowest = std::max(narrowest, units / job_.machine->capacity(l).value);
    }
    kind.latency = kind.latency + job_.machine->latency_of(route_);
    kind.seconds += busiest;
    kind.edges += 1;
    slowest = std::max(slowest, busiest);
    if (!inside) own[static_cast<std::size_t>(source)] += narrowest;
  });
  for (Use::Average* kind : {&use.intra, &use.inter})
    if (kind->edges > 0) {
      kind->latency = kind->latency / kind->edges;
      kind->seconds /= kind->edges;
    }
  use.own = use.inter.edges == 0 ? 1 : std::min(1.0, *std::max_element(own.begin(), own.end()) / slowest);
}

Traffic::Use Traffic::use_of(const Communicator& c, const PhaseLoad& phase) {
  Use use;
  for (const auto& e : phase.edges)  // the least of those that carry anything; a barrier's carry nothing
    if (e.share > 0 && (use.share_per_unit == 0 || e.share < use.share_per_unit))
      use.share_per_unit = e.share;
  std::map<std::pair<GpuId, GpuId>, double> pairs;  // unfolded: channels between the same GPUs are one flow
  const auto for_each_edge = [&](auto visit) {
    const std::int64_t block = c.size * c.stride;
    for (std::int64_t base = 0; base + block <= job_.gpus; base += block)
      for (std::int64_t offset = 0; offset < c.stride; ++offset)
        for (const auto& e : phase.edges)
          visit(base + offset + e.source * c.stride, base + offset + e.destination * c.stride,
                // A barrier's messages carry nothing: one unit of no bytes.
                use.share_per_unit > 0 ? e.share / use.share_per_unit : 1);
  };
  for_each_edge([&](std::int64_t source, std::int64_t destination, double units) {
    const GpuId from = gpu_of(source), to = gpu_of(destination);
    add_edge(from, to, units, use);
    if (!job_.folded && units > 0) pairs[{from, to}] += units;
  });
  if (phase.pipelined()) average(for_each_edge, use);
  use.flow = find_or_add(collect());
  for (const auto& [pair, units] : pairs) use.edges.push_back({flow_between(pair.first, pair.second), units});
  return use;
}

}  // namespace aifsim
