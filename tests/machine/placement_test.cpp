#include "machine/placement.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "base/error.hpp"
#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

const Topology& small() {  // cells of 4, 4, 3 and 2 nodes
  static const Topology topology(dragonfly_plus(mesh_node(4), 13, {{2, 2, 2}, {1, 1, 3}, {1, 2, 1}}, 2, 2));
  return topology;
}

PlacementDescription policy(PlacementPolicy p, std::vector<std::int64_t> nodes = {}) {
  return {p, std::move(nodes), {"scenario.yaml", 5, 2}};
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
  CHECK(names == std::vector<std::string_view>{"contiguous", "scattered", "list"});
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
