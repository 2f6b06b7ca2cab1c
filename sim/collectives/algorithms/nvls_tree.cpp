// All-reduce whose switches sum inside each node (NVLink SHARP) while double binary trees (double_tree.cpp) sum
// between nodes: a node's ranks hand the buffer to its switch, which gives each head a part of the sum; a head
// is in the two trees of its part, and spreads the result by the switch. As many heads as the smallest node has
// ranks. Pieces flow through all of it at once. Source: NCCL's NVLSTree.
#include <algorithm>
#include <memory>

#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/node_tree.hpp"

namespace aifsim {
namespace {

struct HeadTrees {
  GroupShape group;
  NodeTree tree;
  std::int64_t heads;
  explicit HeadTrees(const GroupShape& g) : group(g), tree(node_tree(g.nodes())), heads(g.least_per_node()) {}
  std::int64_t trees() const { return 2 * heads; }
  std::int64_t position(std::int64_t t, std::int64_t node) const {
    return t % 2 == 0 ? node : SecondTree{group.nodes()}.position_of(node);
  }
  std::int64_t head(std::int64_t t, std::int64_t at) const {
    const std::int64_t node = t % 2 == 0 ? at : SecondTree{group.nodes()}.node_at(at);
    return node * group.per_node + t / 2;
  }
  std::int64_t in_node(std::int64_t first) const { return std::min(group.per_node, group.ranks - first); }
};
using Trees = std::shared_ptr<const HeadTrees>;

// All ranks of a node give all cells to its switch, or its heads theirs, and all receive.
Phase by_switch(const Trees& trees, bool sum) {
  Phase phase;
  phase.in_switch = true;
  phase.sends = [trees, sum](std::int64_t, std::int64_t rank, Sends& out) {
    const std::int64_t first = rank / trees->group.per_node * trees->group.per_node,
                       m = trees->in_node(first), local = rank - first;
    if (m == 1) return;
    const auto all = static_cast<double>(trees->trees());
    const bool head = local < trees->heads;
    // What comes back is on its way while the other goes out: each link carries the buffer once.
    const double volume = sum    ? all * static_cast<double>(m - 1) / static_cast<double>(m)
                          : head ? all / static_cast<double>(trees->heads)
                                 : 0;
    out.add(
        first + (local + 1) % m, Work::in_switch, volume,
        [&](auto emit) {
          if (sum) emit(CellRange{0, trees->trees()});
          if (!sum && head) emit(CellRange{2 * local, 2});
        },
        first);
  };
  return phase;
}

Phase between(const Trees& trees) {
  Phase phase;
  const std::int64_t deepest = trees->tree.deepest;
  phase.steps = 2 * deepest;
  phase.period = 0;
  phase.pipelined = true;
  phase.hops = Hops{0, 2.0 * static_cast<double>(deepest)};
  // Calls visit(tree, depth of the lower end, lower, upper).
  const auto each = [trees](auto visit) {
    for (std::int64_t t = 0; t < trees->trees(); ++t)
      for (std::int64_t at = 1; at < trees->group.nodes(); ++at)
        visit(t, trees->tree.depth[at], trees->head(t, at), trees->head(t, trees->tree.parent[at]));
  };
  phase.sends = [trees, deepest](std::int64_t step, std::int64_t rank, Sends& out) {
    const std::int64_t node = trees->group.node_of(rank), local = rank % trees->group.per_node;
    if (local >= trees->heads) return;
    for (const std::int64_t t : {2 * local, 2 * local + 1}) {
      const std::int64_t at = trees->position(t, node), depth = trees->tree.depth[at];
      if (step < deepest) {
        if (at > 0 && depth == deepest - step)
          out.add(trees->head(t, trees->tree.parent[at]), Work::add, {t, 1}, t);
      } else if (depth == step - deepest) {
        for (const std::int64_t child : trees->tree.children[at])
          out.add(trees->head(t, child), Work::copy, {t, 1}, t);
      }
    }
  };
  phase.edges = [each](std::vector<EdgeLoad>& out) {
    each([&](std::int64_t, std::int64_t, std::int64_t lower, std::int64_t upper) {
      const auto a = static_cast<std::int32_t>(lower), b = static_cast<std::int32_t>(upper);
      out.push_back({a, b, 1});
      out.push_back({b, a, 1});
    });
  };
  return phase;
}

}  // namespace

bool build_nvls_tree(Schedule& s) {
  if (s.kind != CollectiveKind::all_reduce || s.group.nodes() == 1 || s.group.per_node == 1) return false;
  const auto trees = std::make_shared<const HeadTrees>(s.group);
  s.cells = trees->trees();
  s.phases = {by_switch(trees, true), between(trees), by_switch(trees, false)};
  s.streamed = true;
  return true;
}

}  // namespace aifsim
