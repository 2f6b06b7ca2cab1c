// All-reduce over two binary trees of nodes for each local rank, such that a node that is inside one is a leaf of the
// other; each tree reduces half of the local rank's part to its root and
// sends it down again, in pieces. A node hangs its other ranks in a chain below the local rank that talks to
// other nodes. Where the last node has fewer ranks than the others, as many local ranks have trees as that node has.
// Source: Sanders, Speck and Traff 2009; NCCL's `tree`.
#include <algorithm>
#include <memory>

#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/node_tree.hpp"

namespace aifsim {
namespace {

// The binary tree over 0..count-1 with root 0 in which odd positions are leaves.
std::int64_t parent_of(std::int64_t position, std::int64_t count) {
  const std::int64_t bit = position & -position;
  const std::int64_t up = (position ^ bit) | (bit << 1);
  return up < count ? up : position ^ bit;
}

}  // namespace

NodeTree node_tree(std::int64_t count) {
  NodeTree t;
  t.parent.assign(count, -1);
  t.depth.assign(count, 0);
  t.children.resize(count);
  for (std::int64_t p = 1; p < count; ++p) {
    t.parent[p] = static_cast<std::int32_t>(parent_of(p, count));
    t.children[t.parent[p]].push_back(static_cast<std::int32_t>(p));
  }
  for (std::int64_t p = 1; p < count; ++p) {
    for (std::int32_t at = static_cast<std::int32_t>(p); at > 0; at = t.parent[at]) ++t.depth[p];
    t.deepest = std::max<std::int64_t>(t.deepest, t.depth[p]);
  }
  return t;
}

namespace {

// Tree `index` of two for each head: of local rank index / 2, the second one when odd.
struct TreePlace {
  const NodeTree& tree;
  const GroupShape& group;
  std::int64_t index, node, in_node, chain;  // chain: ranks between this one and its node's head
  TreePlace(const NodeTree& t, const GroupShape& g, std::int64_t i, std::int64_t rank)
      : tree(t),
        group(g),
        index(i),
        node(rank / g.per_node),
        in_node(ranks_in(g, node)),
        chain((rank % g.per_node - i / 2 + in_node) % in_node) {}
  static std::int64_t ranks_in(const GroupShape& g, std::int64_t node) {
    return std::min(g.per_node, g.ranks - node * g.per_node);
  }
  std::int64_t position(std::int64_t of_node) const {
    return index % 2 == 0 ? of_node : SecondTree{group.nodes()}.position_of(of_node);
  }
  std::int64_t node_at(std::int64_t place) const {
    return index % 2 == 0 ? place : SecondTree{group.nodes()}.node_at(place);
  }
  std::int64_t depth() const { return tree.depth[position(node)] + chain; }
  std::int64_t in_chain(std::int64_t c) const { return node * group.per_node + (index / 2 + c) % in_node; }
  std::int64_t head(std::int64_t place) const { return node_at(place) * group.per_node + index / 2; }
  std::int64_t parent() const {
    if (chain > 0) return in_chain(chain - 1);
    const std::int64_t up = tree.parent[position(node)];
    return up < 0 ? -1 : head(up);
  }
  template <class Visit>
  void children(Visit visit) const {
    if (chain + 1 < in_node) visit(in_chain(chain + 1));
    if (chain == 0)
      for (const std::int64_t child : tree.children[position(node)]) visit(head(child));
  }
};

}  // namespace

bool build_tree(Schedule& s) {
  const GroupShape g = s.group;
  if (s.kind != CollectiveKind::all_reduce || g.nodes() == 1) return false;
  const auto tree = std::make_shared<const NodeTree>(node_tree(g.nodes()));
  const std::int64_t deepest = tree->deepest + g.per_node - 1, heads = g.least_per_node();
  s.cells = 2 * heads;  // one a tree
  Phase phase;
  phase.steps = 2 * deepest;  // up, from the deepest ranks, then down
  phase.period = 0;
  phase.pipelined = true;
  phase.sends = [tree, g, deepest, heads](std::int64_t step, std::int64_t rank, Sends& out) {
    for (std::int64_t t = 0; t < 2 * heads; ++t) {
      const TreePlace at(*tree, g, t, rank);
      if (step < deepest) {
        if (at.depth() == deepest - step) out.add(at.parent(), Work::add, {t, 1}, t);
      } else if (at.depth() == step - deepest) {
        at.children([&](std::int64_t child) { out.add(child, Work::copy, {t, 1}, t); });
      }
    }
  };
  phase.edges = [tree, g, heads](std::vector<EdgeLoad>& out) {
    const auto both = [&out](std::int64_t a, std::int64_t b, double cells) {
      out.push_back({static_cast<std::int32_t>(a), static_cast<std::int32_t>(b), cells});
      out.push_back({static_cast<std::int32_t>(b), static_cast<std::int32_t>(a), cells});
    };
    for (std::int64_t rank = 0; rank < g.ranks; ++rank) {
      // Neighbours in a node are neighbours in the chains of all trees but those that one of them heads.
      const std::int64_t local = rank % g.per_node, in_node = TreePlace::ranks_in(g, rank / g.per_node);
      const bool is_head = local < heads;
      if (const std::int64_t chains = heads - (is_head ? 1 : 0); in_node > 1 && chains > 0)
        both(rank, rank - local + (local + in_node - 1) % in_node, 2.0 * static_cast<double>(chains));
      if (!is_head) continue;
      for (const std::int64_t second : {0, 1}) {
        const TreePlace head(*tree, g, 2 * local + second, rank);
        if (head.parent() >= 0) both(rank, head.parent(), 1);
      }
    }
  };
  phase.hops = Hops{2.0 * static_cast<double>(g.per_node - 1), 2.0 * static_cast<double>(tree->deepest)};
  s.phases = {std::move(phase)};
  return true;
}

}  // namespace aifsim
