#include "collectives/algorithms/rooted_tree.hpp"

#include <algorithm>
#include <numeric>

namespace aifsim {

RootedTree::RootedTree(std::vector<std::int32_t> parent, std::vector<std::int32_t> when)
    : parent_(std::move(parent)),
      when_(std::move(when)),
      first_child_(parent_.size(), -1),
      next_sibling_(parent_.size(), -1),
      below_(parent_.size(), 1) {
  std::vector<std::int32_t> order(parent_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return when_[a] > when_[b]; });
  for (const std::int32_t r : order) {
    if (parent_[r] < 0) continue;
    steps_ = std::max<std::int64_t>(steps_, when_[r] + 1);
    next_sibling_[r] = first_child_[parent_[r]];
    first_child_[parent_[r]] = r;
    below_[parent_[r]] += below_[r];
  }
}

std::int64_t RootedTree::most_children_at_once() const {
  std::int64_t most = 0;
  for (std::int64_t r = 0; r < ranks(); ++r) {
    std::int64_t at_once = 0, last = -1;
    children(r, [&](std::int64_t c) {
      at_once = when(c) == last ? at_once + 1 : 1;  // children come by rising step
      last = when(c);
      most = std::max(most, at_once);
    });
  }
  return most;
}

Tree nomial_tree(std::int64_t ranks, std::int64_t radix) {
  std::vector<std::int32_t> parent(ranks, -1), when(ranks, -1);
  std::int32_t digits = 0;
  for (std::int64_t reach = 1; reach < ranks; reach *= radix) ++digits;
  for (std::int64_t r = 1; r < ranks; ++r) {
    std::int64_t unit = 1;
    std::int32_t index = 0;
    for (; r / unit % radix == 0; unit *= radix) ++index;
    parent[r] = static_cast<std::int32_t>(r - r / unit % radix * unit);
    when[r] = digits - 1 - index;
  }
  return std::make_shared<const RootedTree>(std::move(parent), std::move(when));
}

Tree flat_tree(std::int64_t ranks) {
  std::vector<std::int32_t> parent(ranks, 0), when(ranks, 0);
  parent[0] = when[0] = -1;
  return std::make_shared<const RootedTree>(std::move(parent), std::move(when));
}

Tree chain_tree(std::int64_t ranks) {
  std::vector<std::int32_t> parent(ranks);
  std::iota(parent.begin(), parent.end(), -1);
  std::vector<std::int32_t> when = parent;
  return std::make_shared<const RootedTree>(std::move(parent), std::move(when));
}

Tree binary_tree(std::int64_t ranks) {
  std::vector<std::int32_t> parent(ranks, -1), when(ranks, -1);
  for (std::int64_t r = 1; r < ranks; ++r) {
    parent[r] = static_cast<std::int32_t>((r - 1) / 2);
    when[r] = when[parent[r]] + 1;
  }
  return std::make_shared<const RootedTree>(std::move(parent), std::move(when));
}

Tree butterfly_tree(std::int64_t ranks, const Partner& partner) {
  std::vector<std::int32_t> parent(ranks, -1), when(ranks, -1), reached{0};
  for (std::int64_t step = 0; step < log2_floor(ranks); ++step)
    for (std::size_t i = reached.size(); i-- > 0;) {
      const auto to = static_cast<std::int32_t>(partner(step, reached[i], ranks));
      parent[to] = reached[i];
      when[to] = static_cast<std::int32_t>(step);
      reached.push_back(to);
    }
  return std::make_shared<const RootedTree>(std::move(parent), std::move(when));
}

void add_tree(Schedule& s, const Tree& tree, bool down, Work work, Carry carry, bool pieces) {
  const std::int64_t steps = tree->steps(), cells = s.cells, block = s.cells / s.group.ranks;
  const auto send = [=](std::int64_t lower, std::int64_t to, Sends& out) {
    if (carry == Carry::everything) return out.add(to, work, {0, cells});
    out.add(to, work, static_cast<double>(tree->below(lower) * block), [&](auto emit) {
      tree->subtree(lower, [&](std::int64_t r) { emit(CellRange{r * block, block}); });
    });
  };
  const auto sends_at = [=](std::int64_t step, std::int64_t rank, Sends& out) {
    if (!down) {
      if (tree->when(rank) == steps - 1 - step) send(rank, tree->parent(rank), out);
      return;
    }
    tree->children(rank, [&](std::int64_t child) {
      if (tree->when(child) == step) send(child, child, out);
    });
  };
  const auto extra = static_cast<double>(tree->most_children_at_once() - 1);
  if (!pieces) {
    for (std::int64_t step = 0; step < steps; ++step) {
      Phase phase;
      phase.extra_messages = extra;
      phase.sends = [=](std::int64_t, std::int64_t rank, Sends& out) { sends_at(step, rank, out); };
      s.phases.push_back(std::move(phase));
    }
    return;
  }
  Phase phase;
  phase.steps = steps;
  phase.period = 0;
  phase.pipelined = true;
  phase.extra_messages = extra;
  phase.sends = sends_at;
  std::vector<char> crosses(steps, 0);
  for (std::int64_t r = 1; r < tree->ranks(); ++r)
    if (s.group.node_of(r) != s.group.node_of(tree->parent(r))) crosses[tree->when(r)] = 1;
  phase.hops.emplace().inter = static_cast<double>(std::count(crosses.begin(), crosses.end(), 1));
  phase.hops->intra = static_cast<double>(steps) - phase.hops->inter;
  phase.edges = [=](std::vector<EdgeLoad>& out) {
    for (std::int64_t r = 1; r < tree->ranks(); ++r) {
      const auto lower = static_cast<std::int32_t>(r), upper = static_cast<std::int32_t>(tree->parent(r));
      out.push_back({down ? upper : lower, down ? lower : upper, static_cast<double>(cells)});
    }
  };
  s.phases.push_back(std::move(phase));
}

bool build_on_tree(Schedule& s, const Tree& tree) {
  switch (s.kind) {
    case CollectiveKind::broadcast:
      add_tree(s, tree, true, Work::copy, Carry::everything);
      return true;
    case CollectiveKind::reduce:
      add_tree(s, tree, false, Work::add, Carry::everything);
      return true;
    case CollectiveKind::scatter:
      s.cells = s.group.ranks;
      add_tree(s, tree, true, Work::copy, Carry::subtree);
      return true;
    case CollectiveKind::gather:
      s.cells = s.group.ranks;
      add_tree(s, tree, false, Work::copy, Carry::subtree);
      return true;
    default:
      return false;
  }
}

}  // namespace aifsim
