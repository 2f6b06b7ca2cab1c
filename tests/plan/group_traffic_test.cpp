#include "plan/group_traffic.hpp"

#include <catch2/catch.hpp>

#include "small_tree.hpp"

namespace aifsim {

TEST_CASE("a ring sends from each part of the machine to the next, and round", "[plan]") {
  const test::SmallTree tree;
  const GroupTraffic t = group_traffic(
      tree.plan(test::first_nodes(16), {CollectiveKind::all_gather, 0, Bytes{64e6}, Algorithm::ring}));
  REQUIRE(t.names == std::vector<std::string>{"group 0", "group 1", "group 2", "group 3"});
  const double edge = 64e6 * 63 / 64;  // what each rank sends on
  for (std::size_t from = 0; from < 4; ++from)
    for (std::size_t to = 0; to < 4; ++to)
      CHECK(t.of(from, to) == Approx(from == to ? 3 * edge : to == (from + 1) % 4 ? edge : 0));
}

TEST_CASE("a job in one island is told by its leaf switches, one below a leaf not at all", "[plan]") {
  const test::SmallTree tree;
  const Collective gather{CollectiveKind::all_gather, 0, Bytes{1e6}, Algorithm::ring};
  CHECK(group_traffic(tree.plan({4, 5, 6, 7}, gather)).names == std::vector<std::string>{"leaf 2", "leaf 3"});
  CHECK(group_traffic(tree.plan({4, 5}, gather)).bytes.empty());
}

TEST_CASE("many parts are told in runs of neighbours", "[plan]") {
  const PlatformDescription platform =
      test::fat_tree(test::mesh_node(1), 100, {{"leaf", 1, 1}, {"island", 2, 1}, {"core", 100, 1}});
  test::SmallTree tree;
  tree.platform = platform;
  tree.topology = Topology(platform);
  tree.platform.clock.sustained = test::count(1);
  const GroupTraffic t = group_traffic(
      tree.plan(test::first_nodes(100), {CollectiveKind::all_gather, 0, Bytes{1e6}, Algorithm::ring}));
  CHECK(t.names.size() == 17);  // 50 by threes
  CHECK(t.names.front() == "group 0 to group 2");
  CHECK(t.names.back() == "group 48 to group 49");
  CHECK(t.of(16, 0) == Approx(1e6 * 99 / 100));
}

}  // namespace aifsim
