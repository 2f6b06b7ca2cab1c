// The platforms that the project ships, as machines.
#include <catch2/catch.hpp>

#include "catalog/catalog.hpp"
#include "machine/topology.hpp"
#include "shipped.hpp"
#include "shipped_platforms.hpp"

using namespace aifsim;

TEST_CASE("leonardo_booster") {
  for (const Problem& problem : shipped().check(shipped().path(CatalogKind::platform, "leonardo_booster")))
    FAIL_CHECK(problem.str());
  const Topology machine(shipped().platform("leonardo_booster"));
  CHECK(machine.gpus() == 13824);
  CHECK(machine.group_of(3419) == 18);
  CHECK(machine.group_of(3420) == 19);
  CHECK(machine.nic_of(2) == 2);
  CHECK(machine.capacity(machine.nic_out(0, 0)) == BytesPerSecond{12.5e9});
}

TEST_CASE("mn5_acc") {
  for (const Problem& problem : shipped().check(shipped().path(CatalogKind::platform, "mn5_acc")))
    FAIL_CHECK(problem.str());
  const Topology machine(shipped().platform("mn5_acc"));
  CHECK(machine.gpus() == 4480);
  CHECK(machine.group_of(1119) == 6);
  CHECK(machine.leaf_of(1119) == 34);
  CHECK(machine.capacity(machine.nic_out(0, 0)) == BytesPerSecond{25e9});
  // From GPU 0 to a GPU of another island: up two trunks and down two.
  std::vector<LinkId> route;
  machine.route(0, 4 * 160, route);
  CHECK(route.size() == 1 + 1 + 4 + 1 + 1);
  CHECK(machine.capacity(route[3]) == BytesPerSecond{160 * 4 * 25e9 / 2});
}

TEST_CASE("lumi_g") {
  const Topology machine(shipped().platform("lumi_g"));
  CHECK(machine.gpus() == 23824);
  CHECK(machine.group_of(23 * 124 - 1) == 22);
  CHECK(machine.group_of(2977) == 23);
  // 20 links of 25 GB/s between two groups, 4 to one of LUMI-C, 16 between two of those.
  CHECK(machine.capacity(*machine.find_link("group 0>group 23")).value == Approx(500e9));
  CHECK(machine.capacity(*machine.find_link("group 5>group 24")).value == Approx(100e9));
  CHECK(machine.capacity(*machine.find_link("group 31>group 24")).value == Approx(400e9));
  CHECK(machine.links_of_class("group to group").size() == 32 * 31);
  CHECK(machine.links_of_class("switch up").size() == 24 * 32 + 8 * 16);
  CHECK(machine.capacity(*machine.find_link("group 0 switch 0 up")).value == Approx(31 * 25e9));
  // Dies of one package, of packages with two links and with one.
  CHECK(machine.capacity(*machine.find_link("node 7 gpu0>gpu1")).value == Approx(200e9));
  CHECK(machine.capacity(*machine.find_link("node 7 gpu0>gpu6")).value == Approx(100e9));
  CHECK(machine.capacity(*machine.find_link("node 7 gpu0>gpu2")).value == Approx(50e9));
  CHECK(machine.nic_of(6) == 3);
}

TEST_CASE("lumi: both partitions on one Slingshot network") {
  const Topology machine(shipped().platform("lumi:g"));
  const Topology cpus = machine.partition("c");
  const Topology alone(shipped().platform("lumi_g"));
  CHECK(machine.gpus() == 23824);
  CHECK(cpus.gpus() == 4096);
  for (const char* class_name : {"group to group", "switch up", "switch down"})
    CHECK(machine.links_of_class(class_name).size() == alone.links_of_class(class_name).size());
  // One adapter a node: 16 nodes at a switch, 16 switches a group.
  CHECK(cpus.group_of(0) == 24);
  CHECK(cpus.group_of(2047) == 31);
  CHECK(cpus.leaf_of(15) == cpus.leaf_of(0));
  CHECK(cpus.leaf_of(16) == cpus.leaf_of(0) + 1);
  CHECK(cpus.leaf_of(255) == cpus.leaf_of(0) + 15);
  std::vector<LinkId> route, same;
  machine.route(0, 23824, route);
  CHECK(std::count(route.begin(), route.end(), *machine.find_link("group 0>group 24")) == 1);
  CHECK(machine.capacity(*machine.find_link("group 0>group 24")).value == Approx(100e9));
  // Where no other partition is met, the links are those of LUMI-G alone.
  route.clear();
  machine.route(3, 8 * 124 + 5, route);
  alone.route(3, 8 * 124 + 5, same);
  REQUIRE(route.size() == same.size());
  for (std::size_t i = 0; i < route.size(); ++i)
    CHECK(machine.capacity(route[i]).value == alone.capacity(same[i]).value);
}

TEST_CASE("gb200_nvl72: a rack is one scale-up domain") {
  const Topology machine(shipped().platform("gb200_nvl72"));
  CHECK(machine.gpus_per_domain() == 72);
  std::vector<LinkId> route;
  machine.route(0, 71, route);
  CHECK(route.size() == 2);
  CHECK(machine.capacity(route[0]).value == Approx(900e9));
}

TEST_CASE("every platform is without mistakes and makes a machine whose farthest nodes reach each other") {
  for (const std::string& name : platforms_with_gpus(shipped())) {
    INFO(name);
    for (const Problem& problem : shipped().check(shipped().path(CatalogKind::platform, name)))
      FAIL_CHECK(problem.str());
    const Topology machine(shipped().platform(name));
    std::vector<LinkId> route;
    machine.route(machine.gpu(0, 0), machine.gpu(machine.nodes() - 1, machine.gpus_per_node() - 1), route);
    REQUIRE(!route.empty());
    for (const LinkId id : route) CHECK(id < machine.link_count());
  }
}
