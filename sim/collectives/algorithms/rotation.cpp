#include "collectives/algorithms/rotation.hpp"

#include <algorithm>
#include <numeric>

namespace aifsim {

void add_neighbour_ring(Schedule& s) {
  const std::int64_t n = s.group.ranks, block = s.cells / n;
  Phase phase;
  phase.steps = n - 1;
  phase.sends = [n, block](std::int64_t step, std::int64_t rank, Sends& out) {
    out.add((rank + 1) % n, Work::copy, {(rank - step + n) % n * block, block});
  };
  s.phases.push_back(std::move(phase));
}

namespace {

constexpr std::int64_t exact_pairs = 1 << 20;

// The nodes to which node `from` sends in sample `k` of `samples`: a permutation of the nodes that differs
// from rank to rank of a node.
std::int64_t sampled_node(std::int64_t from, std::int64_t salt, std::int64_t nodes) {
  std::int64_t factor = static_cast<std::int64_t>(0.6180339887498949 * static_cast<double>(nodes)) + 2 * salt;
  while (std::gcd(factor, nodes) != 1) ++factor;
  const std::int64_t shift = salt * 7919 % nodes;
  return (from * (factor % nodes) + shift) % nodes;
}

}  // namespace

void add_pairs(const GroupShape& group, bool same_local_rank,
               const std::function<double(std::int64_t, std::int64_t)>& volume, std::vector<EdgeLoad>& out) {
  const std::int64_t per_node = group.per_node, nodes = group.nodes();
  const auto add = [&](std::int64_t from, std::int64_t to, double weight) {
    if (to >= group.ranks) return;  // the last node has fewer
    out.push_back(
        {static_cast<std::int32_t>(from), static_cast<std::int32_t>(to), weight * volume(from, to)});
  };
  const std::int64_t pairs = group.ranks * (nodes - 1) * (same_local_rank ? 1 : per_node);
  const bool exact = pairs <= exact_pairs;
  if (!same_local_rank)
    for (std::int64_t from = 0; from < group.ranks; ++from)
      for (std::int64_t local = 0; local < per_node; ++local)
        if (const std::int64_t to = group.node_of(from) * per_node + local; to != from) add(from, to, 1);
  if (exact) {
    for (std::int64_t from = 0; from < group.ranks; ++from)
      for (std::int64_t node = 0; node < nodes; ++node)
        for (std::int64_t local = 0; node != group.node_of(from) && local < per_node; ++local)
          if (!same_local_rank || local == from % per_node) add(from, node * per_node + local, 1);
    return;
  }
  const std::int64_t samples = std::max<std::int64_t>(8, exact_pairs / group.ranks);
  const double all = static_cast<double>((nodes - 1) * (same_local_rank ? 1 : per_node));
  for (std::int64_t from = 0; from < group.ranks; ++from)
    for (std::int64_t k = 0; k < samples; ++k) {
      const std::int64_t local = from % per_node, node = group.node_of(from);
      const std::int64_t to_node = sampled_node(node, k * per_node + local + 1, nodes);
      if (to_node == node) continue;  // one in `nodes`: the others' weight makes up for it
      const std::int64_t to_local = same_local_rank ? local : (local + k) % per_node;
      const double weight =
          all / static_cast<double>(samples) * static_cast<double>(nodes) / static_cast<double>(nodes - 1);
      add(from, to_node * per_node + to_local, weight);
    }
}

}  // namespace aifsim
