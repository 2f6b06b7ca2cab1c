#include "plan/background.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "base/error.hpp"

namespace aifsim {
namespace {

constexpr std::int64_t most_peers = 8;  // of one GPU in the uniform pattern

// A random cycle through all nodes: entry n follows node n. No node follows itself.
std::vector<std::size_t> random_cycle(std::size_t nodes, std::mt19937_64& generator) {
  std::vector<std::size_t> order(nodes), next(nodes);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = nodes; i > 1; --i) std::swap(order[i - 1], order[generator() % i]);
  for (std::size_t i = 0; i < nodes; ++i) next[order[i]] = order[(i + 1) % nodes];
  return next;
}

}  // namespace

Plan make_background(const TrafficDescription& traffic, const Job& job, std::uint64_t seed) {
  const Topology& machine = *job.machine;
  const std::size_t nodes = job.nodes.size();
  if (nodes < 2)
    throw CannotAnswer("traffic runs between nodes; a job of one node has none, 2 nodes or more would");
  std::vector<double> sharing(static_cast<std::size_t>(machine.nics_per_node()), 0);  // GPUs, by NIC
  for (std::int64_t g = 0; g < machine.gpus_per_node(); ++g)
    ++sharing[static_cast<std::size_t>(machine.nic_of(g))];

  Plan plan;
  plan.router = router_of(job);
  std::map<std::pair<GpuId, GpuId>, BytesPerSecond> offered;  // two cycles may meet on a pair
  std::mt19937_64 generator(seed);
  const std::int64_t peers = traffic.pattern == TrafficPattern::uniform
                                 ? std::min<std::int64_t>(most_peers, static_cast<std::int64_t>(nodes) - 1)
                                 : 1;
  for (std::int64_t peer = 0; peer < peers; ++peer)
    for (std::int64_t g = 0; g < machine.gpus_per_node(); ++g) {
      const auto next = random_cycle(nodes, generator);
      const std::int64_t nic = machine.nic_of(g);
      for (std::size_t n = 0; n < nodes; ++n) {
        const std::size_t to = traffic.pattern == TrafficPattern::hotspot ? 0 : next[n];
        if (to == n) continue;
        const double share =
            traffic.load / sharing[static_cast<std::size_t>(nic)] / static_cast<double>(peers);
        const BytesPerSecond rate = machine.capacity(machine.nic_out(job.nodes[n], nic)) * share;
        offered[{machine.gpu(job.nodes[n], g), machine.gpu(job.nodes[to], g)}] += rate;
      }
    }
  for (const auto& [pair, rate] : offered)
    plan.background.push_back({&plan.router->flow_between(pair.first, pair.second), rate});
  return plan;
}

}  // namespace aifsim
