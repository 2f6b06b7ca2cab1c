// Proves symbolically that each schedule delivers what its collective means: every rank ends with every
// contribution exactly once.
#include "collectives/schedule.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

namespace aifsim {
namespace {

// What a rank holds of a cell: the sum (mod 2^64) of the contributions in it. Each rank contributes a random
// number of its own, so that a sum tells which ranks are in it and how often, but for a chance of 2^-64.
using Cell = std::uint64_t;
using State = std::vector<std::vector<Cell>>;  // [rank][cell]

Cell contribution(std::int64_t rank) {
  std::mt19937_64 random(static_cast<std::uint64_t>(rank) + 1);
  random.discard(10);
  return random();
}

void run_ring(const Ring& ring, RingWork work, State& state) {
  const auto m = static_cast<std::int64_t>(ring.order.size());
  const auto cells = [&](std::int64_t chunk) {
    const std::int64_t c = ((chunk % m) + m) % m;
    return std::pair(ring.first_cell + c * ring.cells / m, ring.first_cell + (c + 1) * ring.cells / m);
  };
  if (work == RingWork::pipeline) {
    for (std::int64_t p = 0; p + 1 < m; ++p)
      for (std::int64_t c = ring.first_cell; c < ring.first_cell + ring.cells; ++c)
        state[ring.order[p + 1]][c] = state[ring.order[p]][c];
    return;
  }
  for (std::int64_t step = 0; step + 1 < m; ++step) {
    const State before = state;
    for (std::int64_t p = 0; p < m; ++p) {
      const auto [first, last] = cells(work == RingWork::gather ? p - step : p - step - 1);
      for (std::int64_t c = first; c < last; ++c) {
        const Cell& sent = before[ring.order[p]][c];
        Cell& at = state[ring.order[(p + 1) % m]][c];
        if (work == RingWork::gather)
          at = sent;
        else
          at += sent;
      }
    }
  }
}

void run_tree(const Tree& tree, State& state) {
  const auto n = static_cast<int>(tree.parent.size());
  std::vector<int> depth(n, 0);
  int deepest = 0;
  for (int r = 0; r < n; ++r) {
    for (int at = r; tree.parent[at] >= 0; at = tree.parent[at]) REQUIRE(++depth[r] <= n);
    deepest = std::max(deepest, depth[r]);
  }
  const auto over_cells = [&](auto f) {
    for (std::int64_t c = tree.first_cell; c < tree.first_cell + tree.cells; ++c) f(c);
  };
  for (int d = deepest; d > 0; --d)
    for (int r = 0; r < n; ++r)
      if (depth[r] == d) over_cells([&](auto c) { state[tree.parent[r]][c] += state[r][c]; });
  for (int d = 1; d <= deepest; ++d)
    for (int r = 0; r < n; ++r)
      if (depth[r] == d) over_cells([&](auto c) { state[r][c] = state[tree.parent[r]][c]; });
}

State execute(const Schedule& s) {
  const auto n = s.group.ranks;
  State state;
  for (std::int64_t r = 0; r < n; ++r) state.emplace_back(s.cells, contribution(r));
  if (s.kind == CollectiveKind::all_gather) {
    // Before an all-gather a rank holds its own chunk of each channel and nothing else.
    for (auto& rank : state) std::fill(rank.begin(), rank.end(), 0);
    for (const Ring& ring : s.phases.front().rings.front().rings)
      for (std::int64_t p = 0; p < n; ++p)
        for (std::int64_t c = ring.first_cell + p * ring.cells / n;
             c < ring.first_cell + (p + 1) * ring.cells / n; ++c)
          state[ring.order[p]][c] = contribution(ring.order[p]);
  }
  for (const auto& phase : s.phases) {
    for (const auto& rings : phase.rings)
      for (const auto& ring : rings.rings) run_ring(ring, rings.work, state);
    for (const auto& trees : phase.trees)
      for (const auto& tree : trees.trees) run_tree(tree, state);
  }
  return state;
}

Cell everyone(std::int64_t n) {
  Cell all = 0;
  for (std::int64_t r = 0; r < n; ++r) all += contribution(r);
  return all;
}

std::vector<GroupShape> shapes() {
  std::vector<GroupShape> all;
  for (std::int64_t per_node : {1, 2, 3, 4, 6, 8})
    for (std::int64_t nodes : {1, 2, 3, 4, 5, 7, 8, 13, 16}) all.push_back({per_node * nodes, per_node});
  return all;
}

}  // namespace

TEST_CASE("an all-reduce gives every rank every contribution exactly once", "[collectives]") {
  for (const auto& group : shapes())
    for (const Algorithm a : algorithms_for(CollectiveKind::all_reduce, group)) {
      if (group.ranks > 64) continue;
      INFO(group.ranks << " ranks, " << group.per_node << " per node, " << name_of(a));
      const State state = execute(make_schedule(CollectiveKind::all_reduce, a, group));
      const Cell all = everyone(group.ranks);
      bool right = true;
      for (const auto& rank : state)
        for (const auto& cell : rank) right = right && cell == all;
      CHECK(right);
    }
}

TEST_CASE("a reduce-scatter leaves each cell fully reduced with exactly one rank, in equal parts",
          "[collectives]") {
  for (const auto& group : shapes()) {
    if (group.ranks > 64) continue;
    const Schedule s = make_schedule(CollectiveKind::reduce_scatter, Algorithm::ring, group);
    const State state = execute(s);
    const Cell all = everyone(group.ranks);
    INFO(group.ranks << " ranks, " << group.per_node << " per node");
    for (std::int64_t c = 0; c < s.cells; ++c) {
      int owners = 0;
      for (const auto& rank : state) owners += rank[c] == all;
      CHECK(owners == 1);
    }
    for (const auto& rank : state) {
      std::int64_t owned = 0;
      for (const auto& cell : rank) owned += cell == all;
      CHECK(owned * group.ranks == s.cells);
    }
  }
}

TEST_CASE("an all-gather gives every rank every other rank's part", "[collectives]") {
  for (const auto& group : shapes()) {
    if (group.ranks == 1 || group.ranks > 64) continue;
    const State state = execute(make_schedule(CollectiveKind::all_gather, Algorithm::ring, group));
    INFO(group.ranks << " ranks, " << group.per_node << " per node");
    for (const auto& rank : state) CHECK(rank == state.front());
    std::set<Cell> found(state.front().begin(), state.front().end()), wanted;
    for (std::int64_t r = 0; r < group.ranks; ++r) wanted.insert(contribution(r));
    CHECK(found == wanted);
  }
}

TEST_CASE("a broadcast gives every rank what rank 0 holds", "[collectives]") {
  for (const auto& group : shapes()) {
    if (group.ranks == 1 || group.ranks > 64) continue;
    const State state = execute(make_schedule(CollectiveKind::broadcast, Algorithm::ring, group));
    for (const auto& rank : state)
      for (const auto& cell : rank) CHECK(cell == contribution(0));
  }
}

TEST_CASE("the load of a ring all-reduce is the bandwidth bound", "[collectives]") {
  // 2 (n-1)/n of the buffer crosses each edge in all channels together.
  const auto phases = loads(make_schedule(CollectiveKind::all_reduce, Algorithm::ring, {16, 4}), 1);
  REQUIRE(phases.size() == 2);
  double sent_by_node_0 = 0, hops = 0;
  for (const auto& phase : phases) {
    hops += phase.hops_inter + phase.hops_intra;
    for (const auto& e : phase.edges)
      if (e.source / 4 == 0 && e.destination / 4 != 0) sent_by_node_0 += e.share;
  }
  CHECK(sent_by_node_0 == Approx(2 * 15.0 / 16));
  CHECK(hops == Approx(30));
}

TEST_CASE("in a full mesh of four, every link carries the same share", "[collectives]") {
  std::map<std::pair<int, int>, double> link;
  const auto phases = loads(make_schedule(CollectiveKind::all_gather, Algorithm::ring, {4, 4}), 1);
  for (const auto& e : phases.front().edges) link[{e.source, e.destination}] += e.share;
  REQUIRE(link.size() == 12);
  for (const auto& [ends, share] : link) CHECK(share == Approx(0.25));
}

TEST_CASE("the tree's longest path grows with the logarithm of the nodes", "[collectives]") {
  const auto hops = [](std::int64_t nodes) {
    return loads(make_schedule(CollectiveKind::all_reduce, Algorithm::tree, {nodes, 1}), 1)
        .front()
        .hops_inter;
  };
  CHECK(hops(64) <= 2 * 7);
  CHECK(hops(512) - hops(64) == Approx(6));
}

}  // namespace aifsim
