// Rings, several channels at once; m-1 steps for m ranks. In step s the rank at position p of a channel sends
// to position p+1 the block of the rank at position p-s (all-gather) or p-s-1 (reduce-scatter), so that it
// ends with every block, or with its own fully reduced. An all-reduce is both, a broadcast runs down every
// channel from rank 0, in pieces. Source: Patarasuk and Yuan 2009; channels as NCCL builds them.
#include <algorithm>
#include <memory>
#include <numeric>

#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/rings.hpp"

namespace aifsim {

NodeRings::NodeRings(std::int64_t ranks, NodeLinks links) : ranks_(ranks) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(ranks));
  std::iota(order.begin(), order.end(), 0);
  constexpr std::int64_t most = 32;  // channels
  if (links != NodeLinks::mesh || ranks <= 2) {
    add(order);
    if (links == NodeLinks::ring && ranks > 2) {
      std::reverse(order.begin() + 1, order.end());
      add(order);
    }
    return;
  }
  if (ranks <= 4) {  // all directed cycles
    do {
      add(order);
    } while (std::next_permutation(order.begin() + 1, order.end()));
    return;
  }
  if (ranks % 2 == 0) {
    // The last rank between the ends of a zigzag through the others, each way and turned: every link twice.
    const std::int64_t others = ranks - 1;
    for (std::int64_t turn = 0; turn < others; ++turn)
      for (const bool back : {false, true}) {
        if (channels() == most) return;
        for (std::int64_t p = 0; p < others; ++p) {
          const std::int64_t z = zigzag(p, others);
          order[p] = static_cast<std::int32_t>(((back ? others - z : z) + turn) % others);
        }
        order[others] = static_cast<std::int32_t>(others);
        add(order);
      }
    return;
  }
  for (std::int64_t stride = 1; stride < ranks && channels() < most; ++stride) {
    if (std::gcd(stride, ranks) != 1) continue;
    for (std::int64_t p = 0; p < ranks; ++p) order[p] = static_cast<std::int32_t>(p * stride % ranks);
    add(order);
  }
}

void NodeRings::add(const std::vector<std::int32_t>& order) {
  rank_.push_back(order);
  position_.emplace_back(order.size());
  for (std::size_t p = 0; p < order.size(); ++p) position_.back()[order[p]] = static_cast<std::int32_t>(p);
}

namespace {

// All channels of a group. Inside one node those of NodeRings; over several nodes channel c enters each node
// at local rank c and goes through its others in order, zigzag where each has a link to each, or one way round and
// the other by turns where each is next to two, so that every GPU's NIC sends on one channel and receives on one. A node with fewer ranks has as many channels through it.
class GroupRings {
 public:
  explicit GroupRings(const GroupShape& group)
      : group_(group), local_(group.nodes() == 1 ? group.ranks : 1, group.links) {}
  std::int64_t channels() const { return group_.nodes() == 1 ? local_.channels() : group_.least_per_node(); }
  std::int64_t rank(std::int64_t channel, std::int64_t position) const {
    if (group_.nodes() == 1) return local_.rank(channel, position);
    const std::int64_t first = position / group_.per_node * group_.per_node, m = in_node(first);
    return first + (channel + place(channel, position - first, m)) % m;
  }
  std::int64_t position(std::int64_t channel, std::int64_t rank) const {
    if (group_.nodes() == 1) return local_.position(channel, rank);
    const std::int64_t first = rank / group_.per_node * group_.per_node, m = in_node(first);
    const std::int64_t at = (rank - first - channel + m) % m;
    return first + (group_.links == NodeLinks::mesh ? place_in_zigzag(at, m) : place(channel, at, m));
  }

 private:
  std::int64_t in_node(std::int64_t first) const { return std::min(group_.per_node, group_.ranks - first); }
  std::int64_t place(std::int64_t channel, std::int64_t p, std::int64_t m) const {
    if (group_.links == NodeLinks::mesh) return zigzag(p, m);
    return group_.links == NodeLinks::ring && m % 2 == 0 && channel % 2 == 1 ? (m - p) % m : p;
  }
  GroupShape group_;
  NodeRings local_;
};

using Rings = std::shared_ptr<const GroupRings>;

// Block r is the cells r*channels .. of which channel c carries the c-th.
Phase around(const Rings& rings, const GroupShape& group, Work work) {
  Phase phase;
  const std::int64_t m = group.ranks;
  phase.steps = m - 1;
  if (group.nodes() > 1) {  // a part crosses as many times as there are nodes, but for the one step less
    const double crossing = static_cast<double>((m - 1) * group.nodes()) / static_cast<double>(m);
    phase.hops = Hops{static_cast<double>(m - 1) - crossing, crossing};
  }
  phase.sends = [rings, m, work](std::int64_t step, std::int64_t rank, Sends& out) {
    const std::int64_t channels = rings->channels();
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t p = rings->position(c, rank);
      const std::int64_t block =
          rings->rank(c, (p - step - (work == Work::add ? 1 : 0) + 2 * m) % m) * channels + c;
      out.add(rings->rank(c, (p + 1) % m), work, {block, 1});
    }
  };
  return phase;
}

// From rank 0 down each channel, or up to it; channel c carries the cells c*m ..
Phase line(const Rings& rings, const GroupShape& group, bool down) {
  Phase phase;
  const std::int64_t m = group.ranks;
  phase.steps = m - 1;
  phase.period = 0;
  phase.pipelined = true;
  // `step` of the way down joins these two; up is the same backwards in time.
  const auto ends = [rings, m](std::int64_t c, std::int64_t step) {
    const std::int64_t start = rings->position(c, 0);
    return std::pair(rings->rank(c, (start + step) % m), rings->rank(c, (start + step + 1) % m));
  };
  phase.sends = [=](std::int64_t step, std::int64_t rank, Sends& out) {
    for (std::int64_t c = 0; c < rings->channels(); ++c) {
      const auto [upper, lower] = ends(c, down ? step : m - 2 - step);
      if (rank == (down ? upper : lower))
        out.add(down ? lower : upper, down ? Work::copy : Work::add, {c * m, m}, c);
    }
  };
  phase.edges = [=](std::vector<EdgeLoad>& out) {
    for (std::int64_t c = 0; c < rings->channels(); ++c)
      for (std::int64_t step = 0; step + 1 < m; ++step) {
        const auto [upper, lower] = ends(c, step);
        out.push_back({static_cast<std::int32_t>(down ? upper : lower),
                       static_cast<std::int32_t>(down ? lower : upper), static_cast<double>(m)});
      }
  };
  // Of the longest way: it starts inside rank 0's node, and ends there.
  const std::int64_t crossings = group.nodes() == 1 ? 0 : group.per_node == 1 ? m - 1 : group.nodes();
  phase.hops = Hops{static_cast<double>(m - 1 - crossings), static_cast<double>(crossings)};
  return phase;
}

}  // namespace

bool build_ring(Schedule& s) {
  const auto rings = std::make_shared<const GroupRings>(s.group);
  const std::int64_t n = s.group.ranks;
  s.cells = n * rings->channels();
  switch (s.kind) {
    case CollectiveKind::all_gather:
      s.phases = {around(rings, s.group, Work::copy)};
      return true;
    case CollectiveKind::reduce_scatter:
      s.phases = {around(rings, s.group, Work::add)};
      return true;
    case CollectiveKind::all_reduce:
      s.phases = {around(rings, s.group, Work::add), around(rings, s.group, Work::copy)};
      return true;
    case CollectiveKind::broadcast:
    case CollectiveKind::reduce:
      s.phases = {line(rings, s.group, s.kind == CollectiveKind::broadcast)};
      return true;
    default:
      return false;
  }
}

}  // namespace aifsim
