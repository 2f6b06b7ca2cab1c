#include "engine/traffic.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

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

Traffic::Traffic(const Job& job)
    : job_(job), gpus_per_unit_(unit_of(job)), units_(job.machine->link_count(), 0), book_(*job.machine) {}

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

Traffic::Passage Traffic::add_edge(GpuId from, GpuId to, double units, Use& use) {
  route_.clear();
  job_.machine->route(from, to, route_);
  const Passage passage{job_.machine->latency_of(route_), job_.machine->same_domain(from, to)};
  Seconds& slowest = passage.inside ? use.slowest_intra : use.slowest_inter;
  slowest = std::max(slowest, passage.latency);
  if (units == 0) return passage;
  for (const LinkId l : route_) {
    if (units_[l] == 0) touched_.push_back(l);
    units_[l] += units;
  }
  return passage;
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

// Calls visit(first rank of the job) for each group; its ranks follow at the communicator's stride.
template <class Visit>
void Traffic::for_each_group(const Communicator& c, Visit visit) const {
  const std::int64_t block = c.size * c.stride;
  for (std::int64_t base = 0; base + block <= job_.gpus; base += block)
    for (std::int64_t offset = 0; offset < c.stride; ++offset) visit(base + offset);
}

PhaseTime Traffic::time_of(const Communicator& c, const PhaseLoad& phase, const Use& use,
                           const MessageCost& cost) const {
  const EdgeFinder edge_of(phase.edges, c.size);
  std::int32_t channels = 0;
  std::vector<std::size_t> next(1, 0);  // by step: where its messages go
  const auto groups = static_cast<std::size_t>(job_.gpus / c.size);
  phase.piece([&](const PieceSend& p) {
    channels = std::max(channels, p.channel + 1);
    const auto step = static_cast<std::size_t>(p.step);
    if (next.size() < step + 2) next.resize(step + 2, 0);
    next[step + 1] += groups;
  });
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<PieceMessage> messages(next.back());
  std::uint32_t before = 0;  // edges of the groups before
  for_each_group(c, [&](std::int64_t first) {
    phase.piece([&](const PieceSend& p) {
      messages[next[static_cast<std::size_t>(p.step)]++] = {
          static_cast<std::int32_t>((first + p.source * c.stride) * channels + p.channel),
          static_cast<std::int32_t>((first + p.destination * c.stride) * channels + p.channel), p.step,
          before + edge_of(p.source, p.destination), static_cast<float>(p.share / use.share_per_unit)};
    });
    before += static_cast<std::uint32_t>(phase.edges.size());
  });
  return pipeline_time(messages, use.routes, static_cast<std::size_t>(job_.gpus * channels), phase.pieces,
                       cost);
}

Traffic::StepByStep Traffic::step_by_step(const Communicator& c, const PhaseLoad& phase, const Use& use) {
  constexpr double most_messages = 250'000, golden = 0.6180339887498949;
  const std::int64_t samples = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(most_messages / static_cast<double>(job_.gpus)), 2, phase.unlike);
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
    for_each_group(c, [&](std::int64_t first) {
      for (std::int64_t rank = 0; rank < c.size; ++rank) {
        sends.clear();
        phase.sends(step, rank, sends);
        for (const Sends::Send& send : sends.all())
          add_edge(gpu_of(first + rank * c.stride), gpu_of(first + send.to * c.stride),
                   use.share_per_unit > 0 ? send.volume / phase.cells / use.share_per_unit : 0, of_step);
      }
    });
    double busiest = 0;
    for (const LinkId l : touched_) {
      busiest = std::max(busiest, units_[l] / job_.machine->capacity(l).value);
      units_[l] = 0;
    }
    touched_.clear();
    sum.seconds += busiest;
    sum.latency += std::max(of_step.slowest_intra, of_step.slowest_inter);
  }
  const double times = static_cast<double>(phase.unlike) / static_cast<double>(samples);
  return {sum.seconds * times, sum.latency * times};
}

Traffic::Use Traffic::use_of(const Communicator& c, const PhaseLoad& phase) {
  Use use;
  for (const auto& e : phase.edges)  // the least of those that carry anything; a barrier's carry nothing
    if (e.share > 0 && (use.share_per_unit == 0 || e.share < use.share_per_unit))
      use.share_per_unit = e.share;
  std::map<std::pair<GpuId, GpuId>, double> pairs;  // unfolded: channels between the same GPUs are one flow
  for_each_group(c, [&](std::int64_t first) {
    for (const auto& e : phase.edges) {
      const GpuId from = gpu_of(first + e.source * c.stride), to = gpu_of(first + e.destination * c.stride);
      // A barrier's messages carry nothing: one unit of no bytes.
      const double units = use.share_per_unit > 0 ? e.share / use.share_per_unit : 1;
      const Passage passage = add_edge(from, to, units, use);
      if (phase.pipelined()) book_.add(route_, passage.latency, passage.inside);
      if (!job_.folded && units > 0) pairs[{from, to}] += units;
    }
  });
  use.flow = find_or_add(collect());
  if (phase.pipelined()) use.routes = book_.take();
  for (const auto& [pair, units] : pairs) use.edges.push_back({flow_between(pair.first, pair.second), units});
  return use;
}

}  // namespace aifsim
