#include "machine/placement.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "base/error.hpp"
#include "machine/rank_order.hpp"
#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

const Topology& small() {  // cells of 4, 4, 3 and 2 nodes
  static const Topology topology(dragonfly_plus(mesh_node(4), 13, {{2, 2, 2}, {1, 1, 3}, {1, 2, 1}}, 2, 2));
  return topology;
}

PlacementDescription policy(PlacementPolicy p, std::vector<std::int64_t> nodes = {}) {
  return {.policy = p, .nodes = std::move(nodes), .place = {"scenario.yaml", 5, 2}};
}

std::string refusal(const PlacementDescription& placement, std::int64_t gpus) {
  try {
    place_job(placement, gpus, small(), 1);
  } catch (const CannotAnswer& error) {
    return error.what();
  } catch (const InputError& error) {
    return error.problems().at(0).str();
  }
  return "";
}

using Nodes = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("contiguous takes the first nodes") {
  CHECK(place_job(policy(PlacementPolicy::contiguous), 20, small(), 1) == Nodes{0, 1, 2, 3, 4});
}

TEST_CASE("a job smaller than a node gets one node") {
  CHECK(place_job(policy(PlacementPolicy::contiguous), 2, small(), 1) == Nodes{0});
}

TEST_CASE("scattered takes as many nodes from every cell as it has") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Nodes nodes = place_job(policy(PlacementPolicy::scattered), 4 * 10, small(), seed);
    std::map<std::int64_t, int> per_cell;
    for (const std::int64_t node : nodes) ++per_cell[small().group_of(node)];
    CHECK(per_cell == std::map<std::int64_t, int>{{0, 3}, {1, 3}, {2, 2}, {3, 2}});
    CHECK(std::set(nodes.begin(), nodes.end()).size() == 10);
    CHECK(std::is_sorted(nodes.begin(), nodes.end()));
  }
  CHECK(place_job(policy(PlacementPolicy::scattered), 4 * 13, small(), 3).size() == 13);
}

TEST_CASE("scattered spreads over the leaves where there is only one cell") {
  const Topology one_cell(dragonfly_plus(mesh_node(4), 12, {{1, 4, 3}}, 2, 0));
  std::set<std::int64_t> leaves;
  for (const std::int64_t node : place_job(policy(PlacementPolicy::scattered), 16, one_cell, 1))
    leaves.insert(one_cell.leaf_of(node));
  CHECK(leaves.size() == 4);
}

TEST_CASE("scattered depends on the seed alone, on any machine") {
  const Topology topology(leonardo());
  const auto nodes = [&](std::uint64_t seed) {
    return place_job(policy(PlacementPolicy::scattered), 32, topology, seed);
  };
  CHECK(nodes(1) == nodes(1));
  CHECK(nodes(1) != nodes(2));
  // One node from each of the first 8 cells.
  const Nodes chosen = nodes(1);
  for (std::size_t i = 0; i < chosen.size(); ++i)
    CHECK(topology.group_of(chosen[i]) == static_cast<std::int64_t>(i));
}

TEST_CASE("a list is taken in its order, as much of it as the job needs") {
  CHECK(place_job(policy(PlacementPolicy::list, {7, 2, 12}), 8, small(), 1) == Nodes{7, 2});
}

TEST_CASE("every policy has a name in the table") {
  std::vector<std::string_view> names;
  for (const PlacementKind& kind : placement_kinds()) names.push_back(kind.name);
  CHECK(names == std::vector<std::string_view>{"contiguous", "scattered", "random", "fragmented", "list"});
}

TEST_CASE("jobs that do not fit are refused with the numbers") {
  CHECK(refusal(policy(PlacementPolicy::contiguous), 56) ==
        "a job of 56 GPUs is larger than the machine: 13 nodes of 4 GPUs are 52");
  CHECK(refusal(policy(PlacementPolicy::scattered), 56) ==
        "a job of 56 GPUs is larger than the machine: 13 nodes of 4 GPUs are 52");
  CHECK(refusal(policy(PlacementPolicy::contiguous), 6) ==
        "a job of 6 GPUs does not fill nodes of 4 GPUs; 4 or 8 would");
  CHECK(refusal(policy(PlacementPolicy::contiguous), 0) == "a job of 0 GPUs; it needs at least 1");
  CHECK(refusal(policy(PlacementPolicy::list, {1, 2}), 12) ==
        "scenario.yaml:5:2: the placement lists 2 nodes; the job needs 3");
  CHECK(refusal(policy(PlacementPolicy::list, {1, 2, 1}), 8) ==
        "scenario.yaml:5:2: the placement lists node 1 twice; each node can be used once");
  CHECK(refusal(policy(PlacementPolicy::list, {1, 13}), 8) ==
        "scenario.yaml:5:2: the placement lists node 13; the machine has nodes 0 to 12");
}

TEST_CASE("random takes any nodes in any order, by the seed") {
  const Topology machine(fat_tree(mesh_node(4), 256, {{"leaf", 16, 8}, {"spine", 256, 1}}));
  const PlacementDescription random = policy(PlacementPolicy::random);
  std::set<Nodes> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Nodes nodes = place_job(random, 4 * 64, machine, seed);
    CHECK(nodes == place_job(random, 4 * 64, machine, seed));
    CHECK(std::set(nodes.begin(), nodes.end()).size() == 64);
    CHECK_FALSE(std::is_sorted(nodes.begin(), nodes.end()));
    CHECK(std::all_of(nodes.begin(), nodes.end(), [](std::int64_t n) { return n >= 0 && n < 256; }));
    seen.insert(nodes);
  }
  CHECK(seen.size() == 20);
}

TEST_CASE("random and fragmented leave out nodes that are taken, and can fill the machine") {
  std::vector<char> taken(13, 0);
  taken[0] = taken[5] = taken[12] = 1;
  for (const PlacementPolicy p : {PlacementPolicy::random, PlacementPolicy::fragmented})
    for (std::uint64_t seed = 0; seed < 50; ++seed)
      for (const std::int64_t n : {1, 2, 5, 9, 10}) {
        Nodes nodes = place_job(policy(p), 4 * n, small(), seed, taken);
        std::sort(nodes.begin(), nodes.end());
        CHECK(std::set(nodes.begin(), nodes.end()).size() == static_cast<std::size_t>(n));
        for (const std::int64_t node : nodes) CHECK_FALSE(taken[static_cast<std::size_t>(node)]);
        if (n == 10) CHECK(nodes == Nodes{1, 2, 3, 4, 6, 7, 8, 9, 10, 11});
      }
}

// What the node lists of jobs of 64 to 127 nodes say (10, 50, 90 %): on Leonardo's 19 cells 5, 10, 14 of them
// and 63, 79, 95 runs; on LUMI's 24 groups 2, 8, 16 and 2, 12, 47. The draws hold both kinds evenly.
TEST_CASE("fragmented jobs span as many groups, in as many runs, as real jobs of their size") {
  const Topology machine(dragonfly_plus(mesh_node(4), 3420, {{19, 18, 10}}, 18, 2));
  std::vector<std::size_t> groups, single, together;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Nodes nodes = place_job(policy(PlacementPolicy::fragmented), 4 * 90, machine, seed);
    REQUIRE(std::is_sorted(nodes.begin(), nodes.end()));
    std::set<std::int64_t> in;
    std::size_t runs = 1;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      in.insert(machine.group_of(nodes[i]));
      if (i > 0 && nodes[i] != nodes[i - 1] + 1) ++runs;
    }
    groups.push_back(in.size());
    (runs > 60 ? single : together).push_back(runs);
  }
  std::sort(groups.begin(), groups.end());
  CHECK(groups[40] <= 5);
  CHECK(groups[200] >= 5);
  CHECK(groups[200] <= 11);
  CHECK(groups[360] >= 14);
  CHECK(single.size() > 120);
  CHECK(together.size() > 120);
}

TEST_CASE(
    "rank order may matter over a taper, hashed links and groups, not over a full tree or in one switch") {
  const auto may = [](const PlatformDescription& platform, std::int64_t nodes) {
    return rank_order_may_matter(platform, Topology(platform), nodes);
  };
  PlatformDescription full = fat_tree(mesh_node(4), 256, {{"leaf", 16, 1}, {"spine", 256, 1}});
  CHECK_FALSE(may(full, 64));
  CHECK(may(fat_tree(mesh_node(4), 256, {{"leaf", 16, 2}, {"spine", 256, 1}}), 64));
  CHECK(may(fat_tree(mesh_node(4), 256, {{"leaf", 16, 2}, {"spine", 256, 1}}),
            4));  // on one leaf, if it is lucky
  CHECK_FALSE(may(fat_tree(mesh_node(4), 256, {{"leaf", 16, 2}, {"spine", 256, 1}}), 1));
  full.fabric.routing = Routing::ecmp;
  CHECK(may(full, 64));
  CHECK(may(dragonfly_plus(mesh_node(4), 12, {{2, 2, 3}}, 2, 2), 4));
}
