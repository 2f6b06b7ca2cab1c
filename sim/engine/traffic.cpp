#include "engine/traffic.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace aifsim {

Traffic::Traffic(const Job& job) : job_(job), count_(job.machine->link_count(), 0) {}

GroupShape Traffic::shape(const Communicator& c) const {
  const std::int64_t per_node = job_.machine->gpus_per_node();
  if (c.stride >= per_node) return {c.size, 1};
  const std::int64_t in_node = std::min(c.size, per_node / c.stride);
  return {c.size, c.size % in_node == 0 ? in_node : 1};
}

GpuId Traffic::gpu_of(std::int64_t rank) const {
  const std::int64_t per_node = job_.machine->gpus_per_node();
  return static_cast<GpuId>(job_.nodes[rank / per_node] * per_node + rank % per_node);
}

void Traffic::add_edge(std::int64_t from, std::int64_t to, std::uint32_t units, Use& use) {
  route_.clear();
  job_.machine->route(gpu_of(from), gpu_of(to), route_);
  const std::int64_t per_node = job_.machine->gpus_per_node();
  Seconds& slowest = from / per_node == to / per_node ? use.slowest_intra : use.slowest_inter;
  slowest = std::max(slowest, job_.machine->latency_of(route_));
  for (const LinkId l : route_) {
    if (count_[l] == 0) touched_.push_back(l);
    count_[l] += units;
  }
}

Traffic::Use Traffic::use_of(const Communicator& c, const PhaseLoad& phase) {
  Use use;
  use.share_per_unit = phase.edges.front().share;
  for (const auto& e : phase.edges) use.share_per_unit = std::min(use.share_per_unit, e.share);
  touched_.clear();
  const std::int64_t block = c.size * c.stride;
  for (std::int64_t base = 0; base + block <= job_.gpus; base += block)
    for (std::int64_t offset = 0; offset < c.stride; ++offset)
      for (const auto& e : phase.edges)
        add_edge(base + offset + e.source * c.stride, base + offset + e.destination * c.stride,
                 static_cast<std::uint32_t>(std::lround(e.share / use.share_per_unit)), use);

  std::sort(touched_.begin(), touched_.end());
  std::uint32_t divisor = 0;
  for (const LinkId l : touched_) divisor = std::gcd(divisor, count_[l]);
  Flow flow;
  flow.all.reserve(touched_.size());
  for (const LinkId l : touched_) {
    const std::uint32_t units = count_[l] / divisor;
    flow.all.push_back({l, units});
    flow.seconds_per_unit = std::max(flow.seconds_per_unit, units / job_.machine->capacity(l).value);
    count_[l] = 0;
  }
  use.share_per_unit *= divisor;
  const auto same = [&](const Flow& f) {
    return f.all.size() == flow.all.size() && std::equal(f.all.begin(), f.all.end(), flow.all.begin(),
                                                         [](const LinkCount& a, const LinkCount& b) {
                                                           return a.link == b.link && a.count == b.count;
                                                         });
  };
  const auto found = std::find_if(flows_.begin(), flows_.end(), same);
  use.flow = static_cast<std::size_t>(found - flows_.begin());
  if (found == flows_.end()) flows_.push_back(std::move(flow));
  return use;
}

void Traffic::drop_links_that_never_bind() {
  // The share of each flow's unit on a link, for every link that some flow uses; alike links once.
  using Shares = std::vector<double>;
  std::map<LinkId, Shares> by_link;
  for (std::size_t f = 0; f < flows_.size(); ++f)
    for (const auto& [link, count] : flows_[f].all) {
      auto& shares = by_link[link];
      shares.resize(flows_.size(), 0);
      shares[f] = count / job_.machine->capacity(link).value;
    }
  std::map<Shares, LinkId> distinct;
  for (const auto& [link, shares] : by_link) distinct.emplace(shares, link);

  std::vector<LinkId> binding;
  for (const auto& entry : distinct) {
    const bool covered = std::any_of(distinct.begin(), distinct.end(), [&entry](const auto& other) {
      if (other.second == entry.second) return false;
      for (std::size_t f = 0; f < entry.first.size(); ++f)
        if (other.first[f] < entry.first[f]) return false;
      return true;
    });
    if (!covered) binding.push_back(entry.second);
  }
  std::sort(binding.begin(), binding.end());
  for (Flow& flow : flows_) {
    for (const LinkCount& use : flow.all)
      if (std::binary_search(binding.begin(), binding.end(), use.link)) flow.links.push_back(use);
  }
}

std::vector<Flow> Traffic::take_flows() {
  drop_links_that_never_bind();
  return std::move(flows_);
}

}  // namespace aifsim
