#include "collectives/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace aifsim {
namespace {

using Order = std::vector<std::int32_t>;

// Rings through all ranks of one node. With a full mesh one ring uses one link per GPU; up to four GPUs all
// directed cycles are taken, so that every link carries the same share; beyond that (a switch) the
// strides that visit every rank.
std::vector<Order> node_rings(std::int64_t ranks) {
  std::vector<Order> rings;
  Order base(ranks);
  std::iota(base.begin(), base.end(), 0);
  if (ranks <= 4) {
    do {
      rings.push_back(base);
    } while (std::next_permutation(base.begin() + std::min<std::int64_t>(1, ranks), base.end()));
    return rings;
  }
  for (std::int64_t stride = 1; stride < ranks; ++stride) {
    if (std::gcd(stride, ranks) != 1) continue;
    Order order(ranks);
    for (std::int64_t p = 0; p < ranks; ++p) order[p] = static_cast<std::int32_t>(p * stride % ranks);
    rings.push_back(std::move(order));
  }
  return rings;
}

// Rings through all nodes: channel c enters each node at local rank c and leaves from the one before it, so
// that every GPU's NIC sends on one channel and receives on one.
std::vector<Order> machine_rings(const GroupShape& group) {
  std::vector<Order> rings;
  for (std::int64_t c = 0; c < group.per_node; ++c) {
    Order order;
    order.reserve(group.ranks);
    for (std::int64_t node = 0; node < group.nodes(); ++node)
      for (std::int64_t j = 0; j < group.per_node; ++j)
        order.push_back(static_cast<std::int32_t>(node * group.per_node + (c + j) % group.per_node));
    rings.push_back(std::move(order));
  }
  return rings;
}

std::vector<Order> group_rings(const GroupShape& group) {
  return group.nodes() == 1 ? node_rings(group.ranks) : machine_rings(group);
}

Schedule::Phase ring_phase(RingWork work, const std::vector<Order>& orders, std::int64_t cells) {
  RingPhase phase{work, {}};
  const auto channels = static_cast<std::int64_t>(orders.size());
  for (std::int64_t c = 0; c < channels; ++c)
    phase.rings.push_back({orders[c], c * cells / channels, cells / channels});
  return {{std::move(phase)}, {}};
}

// The binary tree over 0..count-1 with root 0 in which odd positions are leaves (one half of a double binary
// tree); -1 for the root.
std::int32_t tree_parent(std::int64_t position, std::int64_t count) {
  if (position == 0) return -1;
  const std::int64_t bit = position & -position;
  const std::int64_t up = (position ^ bit) | (bit << 1);
  return static_cast<std::int32_t>(up < count ? up : position ^ bit);
}

// For each local rank two trees over the nodes (one mirrored), each node hanging its other ranks in a chain
// below the local rank that talks to the other nodes.
std::vector<Tree> double_trees(const GroupShape& group, std::int64_t cells) {
  std::vector<Tree> trees;
  const std::int64_t nodes = group.nodes(), count = 2 * group.per_node;
  for (std::int64_t c = 0; c < group.per_node; ++c) {
    for (const bool mirrored : {false, true}) {
      Tree tree;
      tree.parent.resize(group.ranks);
      for (std::int64_t node = 0; node < nodes; ++node) {
        const std::int64_t position = mirrored ? nodes - 1 - node : node;
        std::int64_t up = tree_parent(position, nodes);
        if (up >= 0 && mirrored) up = nodes - 1 - up;
        for (std::int64_t j = 0; j < group.per_node; ++j) {
          const auto rank = node * group.per_node + (c + j) % group.per_node;
          tree.parent[rank] =
              static_cast<std::int32_t>(j > 0 ? node * group.per_node + (c + j - 1) % group.per_node
                                              : (up < 0 ? -1 : up * group.per_node + c));
        }
      }
      const auto index = static_cast<std::int64_t>(trees.size());
      tree.first_cell = index * cells / count;
      tree.cells = cells / count;
      trees.push_back(std::move(tree));
    }
  }
  return trees;
}

void add_hierarchical(Schedule& s) {
  const auto& g = s.group;
  const auto local = node_rings(g.per_node);
  const auto channels = static_cast<std::int64_t>(local.size());
  s.cells = channels * g.per_node * g.nodes();
  RingPhase scatter{RingWork::reduce_scatter, {}}, between_scatter{RingWork::reduce_scatter, {}},
      between_gather{RingWork::gather, {}}, gather{RingWork::gather, {}};
  const std::int64_t per_channel = s.cells / channels, per_chunk = per_channel / g.per_node;
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t node = 0; node < g.nodes(); ++node) {
      Order order = local[c];
      for (auto& r : order) r += static_cast<std::int32_t>(node * g.per_node);
      scatter.rings.push_back({order, c * per_channel, per_channel});
      gather.rings.push_back({order, c * per_channel, per_channel});
    }
    for (std::int64_t p = 0; p < g.per_node; ++p) {
      Order order(g.nodes());
      for (std::int64_t node = 0; node < g.nodes(); ++node)
        order[node] = static_cast<std::int32_t>(node * g.per_node + local[c][p]);
      between_scatter.rings.push_back({order, c * per_channel + p * per_chunk, per_chunk});
      between_gather.rings.push_back({order, c * per_channel + p * per_chunk, per_chunk});
    }
  }
  for (auto* phase : {&scatter, &between_scatter, &between_gather, &gather})
    s.phases.push_back({{std::move(*phase)}, {}});
}

bool same_node(const GroupShape& g, std::int64_t a, std::int64_t b) {
  return a / g.per_node == b / g.per_node;
}

PhaseLoad ring_load(const Schedule& s, const RingPhase& phase, std::int64_t pieces) {
  PhaseLoad load;
  for (const Ring& ring : phase.rings) {
    const auto m = static_cast<std::int64_t>(ring.order.size());
    const double whole = static_cast<double>(ring.cells) / static_cast<double>(s.cells);
    const bool pipeline = phase.work == RingWork::pipeline;
    const double share = pipeline ? whole : whole * static_cast<double>(m - 1) / static_cast<double>(m);
    const std::int64_t edges = pipeline ? m - 1 : m;
    bool crosses = false;
    for (std::int64_t p = 0; p < edges; ++p) {
      const auto from = ring.order[p], to = ring.order[(p + 1) % m];
      load.edges.push_back({from, to, share});
      crosses |= !same_node(s.group, from, to);
    }
    // All ranks of a ring step together, at the pace of the slowest hop.
    const double steps = static_cast<double>(m - 1 + (pipeline ? pieces - 1 : 0));
    double& hops = crosses ? load.hops_inter : load.hops_intra;
    hops = std::max(hops, steps);
  }
  return load;
}

PhaseLoad tree_load(const Schedule& s, const TreePhase& phase, std::int64_t pieces) {
  PhaseLoad load;
  const double passes = (phase.reduce ? 1 : 0) + (phase.broadcast ? 1 : 0);
  for (const Tree& tree : phase.trees) {
    const double share = static_cast<double>(tree.cells) / static_cast<double>(s.cells);
    double deepest_inter = 0, deepest_intra = 0;
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(tree.parent.size()); ++r) {
      const auto up = tree.parent[r];
      if (up < 0) continue;
      if (phase.reduce) load.edges.push_back({r, up, share});
      if (phase.broadcast) load.edges.push_back({up, r, share});
    }
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(tree.parent.size()); ++r) {
      double inter = 0, intra = 0;
      for (std::int32_t at = r; tree.parent[at] >= 0; at = tree.parent[at])
        (same_node(s.group, at, tree.parent[at]) ? intra : inter) += 1;
      if (inter > deepest_inter || (inter == deepest_inter && intra > deepest_intra)) {
        deepest_inter = inter;
        deepest_intra = intra;
      }
    }
    const auto extra = static_cast<double>(pieces - 1);
    load.hops_inter = std::max(load.hops_inter, passes * deepest_inter + (deepest_inter > 0 ? extra : 0));
    load.hops_intra = std::max(load.hops_intra, passes * deepest_intra + (deepest_inter > 0 ? 0 : extra));
  }
  return load;
}

}  // namespace

std::vector<Algorithm> algorithms_for(CollectiveKind kind, const GroupShape& group) {
  std::vector<Algorithm> found{Algorithm::ring};
  if (kind != CollectiveKind::all_reduce || group.nodes() == 1) return found;
  found.push_back(Algorithm::tree);
  if (group.per_node > 1) found.push_back(Algorithm::hierarchical);
  return found;
}

Schedule make_schedule(CollectiveKind kind, Algorithm algorithm, const GroupShape& group) {
  assert(group.ranks >= 1 && group.per_node >= 1 && group.ranks % group.per_node == 0);
  Schedule s{kind, algorithm, group, 1, {}};
  if (group.ranks == 1) return s;
  assert(algorithm == Algorithm::ring || kind == CollectiveKind::all_reduce);
  if (algorithm == Algorithm::hierarchical) {
    add_hierarchical(s);
    return s;
  }
  if (algorithm == Algorithm::tree) {
    s.cells = 2 * group.per_node;
    s.phases.push_back({{}, {{true, true, double_trees(group, s.cells)}}});
    return s;
  }
  const auto rings = group_rings(group);
  s.cells = group.ranks * static_cast<std::int64_t>(rings.size());
  switch (kind) {
    case CollectiveKind::all_gather:
      s.phases.push_back(ring_phase(RingWork::gather, rings, s.cells));
      break;
    case CollectiveKind::reduce_scatter:
      s.phases.push_back(ring_phase(RingWork::reduce_scatter, rings, s.cells));
      break;
    case CollectiveKind::all_reduce:
      s.phases.push_back(ring_phase(RingWork::reduce_scatter, rings, s.cells));
      s.phases.push_back(ring_phase(RingWork::gather, rings, s.cells));
      break;
    case CollectiveKind::broadcast: {
      std::vector<Order> from_root = rings;  // every channel starts at rank 0
      for (auto& order : from_root)
        std::rotate(order.begin(), std::find(order.begin(), order.end(), 0), order.end());
      s.phases.push_back(ring_phase(RingWork::pipeline, from_root, s.cells));
      break;
    }
  }
  return s;
}

std::vector<PhaseLoad> loads(const Schedule& schedule, std::int64_t pieces) {
  std::vector<PhaseLoad> result;
  for (const auto& phase : schedule.phases)
    result.push_back(phase.rings.empty() ? tree_load(schedule, phase.trees.front(), pieces)
                                         : ring_load(schedule, phase.rings.front(), pieces));
  return result;
}

}  // namespace aifsim
