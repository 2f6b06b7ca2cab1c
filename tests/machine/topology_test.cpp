#include "machine/topology.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "machines.hpp"
#include "routes.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

// Number of links and capacity of each class.
std::map<std::string, std::pair<std::size_t, double>> classes(const Topology& topology) {
  std::map<std::string, std::pair<std::size_t, double>> found;
  for (LinkId id = 0; id < topology.link_count(); ++id) {
    const LinkInfo link = topology.link(id);
    auto& [count, capacity] = found[link.class_name];
    ++count;
    capacity = link.capacity.value;
  }
  return found;
}

}  // namespace

TEST_CASE("the whole of Leonardo Booster") {
  const Topology topology(leonardo());
  CHECK(topology.nodes() == 3456);
  CHECK(topology.gpus() == 13824);
  const auto found = classes(topology);
  REQUIRE(found.size() == 10);
  CHECK(found.at("gpu-gpu") == std::pair<std::size_t, double>{3456 * 12, 100e9});
  CHECK(found.at("gpu-nic") == std::pair<std::size_t, double>{3456 * 4, 32e9});
  CHECK(found.at("nic-gpu") == std::pair<std::size_t, double>{3456 * 4, 32e9});
  CHECK(found.at("gpu-cpu").first == 3456 * 4);
  CHECK(found.at("cpu-gpu").first == 3456 * 4);
  CHECK(found.at("nic out") == std::pair<std::size_t, double>{3456 * 4, 12.5e9});
  CHECK(found.at("nic in") == std::pair<std::size_t, double>{3456 * 4, 12.5e9});
  // 18 leaves in each of 19 cells, 6 in the last; 18 links of 25 GB/s.
  CHECK(found.at("leaf up") == std::pair<std::size_t, double>{348, 450e9});
  CHECK(found.at("leaf down") == std::pair<std::size_t, double>{348, 450e9});
  CHECK(found.at("cell to cell") == std::pair<std::size_t, double>{20 * 19, 450e9});
}

TEST_CASE("nodes are numbered cell by cell, leaf by leaf") {
  const Topology topology(leonardo());
  CHECK(topology.group_of(0) == 0);
  CHECK(topology.group_of(179) == 0);
  CHECK(topology.group_of(180) == 1);
  CHECK(topology.group_of(3419) == 18);
  CHECK(topology.group_of(3420) == 19);
  CHECK(topology.group_of(3455) == 19);
  CHECK(topology.leaf_of(9) == 0);
  CHECK(topology.leaf_of(10) == 1);
  CHECK(topology.leaf_of(180) == 18);
  CHECK(topology.leaf_of(3455) == 19 * 18 + 5);
}

TEST_CASE("trunks of a fat tree as MareNostrum 5 ACC's") {
  PlatformDescription platform =
      fat_tree(mesh_node(4), 1120, {{"leaf", 32, 1}, {"island", 160, 2}, {"core", 1120, 1}});
  platform.fabric.injection = figure(BytesPerSecond{25e9});
  const Topology topology(platform);
  const auto found = classes(topology);
  CHECK(found.at("leaf up") == std::pair<std::size_t, double>{35, 32 * 100e9});
  CHECK(found.at("leaf down") == std::pair<std::size_t, double>{35, 32 * 100e9});
  CHECK(found.at("island up") == std::pair<std::size_t, double>{7, 160 * 100e9 / 2});
  CHECK(found.at("island down") == std::pair<std::size_t, double>{7, 160 * 100e9 / 2});
  CHECK(topology.group_of(159) == 0);
  CHECK(topology.group_of(160) == 1);
  CHECK(topology.leaf_of(160) == 5);
}

TEST_CASE("a route leaves and enters through the NICs that the caller names") {
  const Topology topology(fat_tree(mesh_node(4), 2, {{"leaf", 2, 1}}));
  std::vector<LinkId> route;
  topology.route(1, 3, 4 + 2, 0, route);
  std::vector<std::string> names;
  for (const LinkId id : route) names.push_back(topology.link(id).name);
  CHECK(names == std::vector<std::string>{"node 0 gpu1>gpu3", "node 0 gpu3>nic3", "node 0 nic3 out",
                                          "node 1 nic0 in", "node 1 nic0>gpu0", "node 1 gpu0>gpu2"});
}

TEST_CASE("a route is appended, and none leads from a GPU to itself") {
  const Topology topology(fat_tree(mesh_node(4), 2, {{"leaf", 2, 1}}));
  std::vector<LinkId> route{99};
  topology.route(3, 3, route);
  CHECK(route == std::vector<LinkId>{99});
  topology.route(0, 1, route);
  CHECK(route.size() == 2);
  CHECK(topology.route_latency(0, 0) == Seconds{0});
}

TEST_CASE("classes and owners of links") {
  const Topology topology(fat_tree(mesh_node(2), 4, {{"leaf", 2, 1}, {"spine", 4, 1}}));
  std::map<LinkClass, int> counted;
  for (LinkId id = 0; id < topology.link_count(); ++id) {
    ++counted[topology.link_class(id)];
    const bool of_fabric = topology.link_class(id) == LinkClass::fabric;
    const NodeRow* row = topology.row_of(id);
    CHECK((row == nullptr) == of_fabric);
    if (row) CHECK(topology.link(id).name.starts_with(row->node_name(row->node_of(id)) + " "));
  }
  CHECK(counted == std::map<LinkClass, int>{{LinkClass::scale_up, 4 * 2},
                                            {LinkClass::host, 4 * 8},
                                            {LinkClass::nic, 4 * 4},
                                            {LinkClass::fabric, 4}});
}

TEST_CASE("a machine that does not fit its fabric is refused with the numbers") {
  CHECK(problem(fat_tree(mesh_node(4), 9, {{"leaf", 2, 1}, {"spine", 8, 1}})) ==
        "test.yaml:7:3: 9 nodes, but the fat tree's topmost level (spine) holds 8");
  CHECK(problem(fat_tree(mesh_node(4), 9, {{"leaf", 4, 1}, {"spine", 18, 1}})) ==
        "test.yaml:7:3: spine: 18 nodes per group; a multiple of the 4 below it would be right");
  CHECK(problem(fat_tree(mesh_node(4), 9, {{"leaf", 4, 0}, {"spine", 12, 1}})) ==
        "test.yaml:7:3: leaf: oversubscription 0; a ratio above 0 would be right");
  CHECK(problem(dragonfly_plus(mesh_node(4), 9, {{2, 2, 2}}, 2, 2)) ==
        "test.yaml:7:3: 9 nodes, but the fabric's 2 cells hold 8");
  NodeDescription without_nics = mesh_node(4);
  without_nics.nics = count(0);
  without_nics.wiring.erase(without_nics.wiring.begin() + 1);
  CHECK(problem(fat_tree(without_nics, 2, {{"leaf", 4, 1}})) ==
        "test.yaml:7:3: nics: found 0 on a machine of 2 nodes; at least 1 NIC per node would be right");
  CHECK(problem(fat_tree(without_nics, 1, {{"leaf", 4, 1}})) == "");
}
