// Bandwidth between parts of small machines, worked out by hand.
#include "machine/bisection.hpp"

#include <catch2/catch.hpp>

#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

TEST_CASE("a tree with 2:1 above its leaves carries half") {
  // 4 leaves of 2 nodes with 2 NICs of 12.5 GB/s: 50 GB/s enter a leaf, 25 leave it.
  const Bisection found = bisect(Topology(fat_tree(mesh_node(2), 8, {{"leaf", 2, 2}, {"spine", 8, 1}})), 1);
  CHECK(found.injection.value == Approx(8 * 25e9));
  REQUIRE(found.levels.size() == 3);
  CHECK(found.levels[1].name == "leaf up");
  CHECK(found.levels[1].links == 4);
  CHECK(found.levels[1].total.value == Approx(100e9));
  // The halves by leaves want 100 GB/s and get 2 leaves' 50.
  CHECK(found.halves.front().share() == Approx(0.5));
  CHECK(found.halves.front().carried.value == Approx(50e9));
  CHECK(found.halves.back().name == "every second node");
  CHECK(found.halves.back().share() == Approx(1));  // each node's peer is at its own leaf
  for (const Cut& cut : found.groups) {
    CHECK(cut.nodes == 2);
    CHECK(cut.share() == Approx(0.5));
  }
  CHECK(found.permutation_mean <= 1);
  CHECK(found.permutation_least >= 0.5);
  CHECK(found.permutation_mean > 0.5);
}

TEST_CASE("cells joined by narrow links") {
  // Two cells of 4 nodes, 100 GB/s each; 2 links of 25 GB/s between them.
  const Bisection found = bisect(Topology(dragonfly_plus(mesh_node(2), 8, {{2, 2, 2}}, 4, 2)), 1);
  CHECK(found.halves.front().name == "first half of the nodes");
  CHECK(found.halves.front().carried.value == Approx(50e9));
  CHECK(found.groups.front().share() == Approx(0.5));
}

TEST_CASE("one node, and a full tree, hold nothing up") {
  const Bisection one = bisect(Topology(fat_tree(mesh_node(2), 1, {{"leaf", 2, 1}})), 1);
  CHECK(one.halves.empty());
  CHECK(one.draws == 0);
  const Bisection full = bisect(Topology(fat_tree(mesh_node(2), 12, {{"leaf", 3, 1}, {"spine", 12, 1}})), 1);
  CHECK(full.halves.front().share() == Approx(1));
  CHECK(full.permutation_least == Approx(1));
}

TEST_CASE("the same seed gives the same draws") {
  const Topology machine(fat_tree(mesh_node(2), 8, {{"leaf", 2, 2}, {"spine", 8, 1}}));
  CHECK(bisect(machine, 3).permutation_mean == bisect(machine, 3).permutation_mean);
}
