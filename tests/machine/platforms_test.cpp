// The platforms that the project ships, as machines.
#include <catch2/catch.hpp>

#include "catalog/catalog.hpp"
#include "machine/topology.hpp"
#include "root.hpp"

using namespace aifsim;

namespace {

const Catalog& catalog() {
  static const Catalog shipped(test_root());
  return shipped;
}

}  // namespace

TEST_CASE("leonardo_booster") {
  for (const Problem& problem : catalog().check(catalog().path(CatalogKind::platform, "leonardo_booster")))
    FAIL_CHECK(problem.str());
  const Topology machine(catalog().platform("leonardo_booster"));
  CHECK(machine.gpus() == 13824);
  CHECK(machine.group_of(3419) == 18);
  CHECK(machine.group_of(3420) == 19);
  CHECK(machine.nic_of(2) == 2);
  CHECK(machine.capacity(machine.nic_out(0, 0)) == BytesPerSecond{12.5e9});
}

TEST_CASE("mn5_acc") {
  for (const Problem& problem : catalog().check(catalog().path(CatalogKind::platform, "mn5_acc")))
    FAIL_CHECK(problem.str());
  const Topology machine(catalog().platform("mn5_acc"));
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

TEST_CASE("every platform is without mistakes and makes a machine whose farthest nodes reach each other") {
  for (const std::string& name : catalog().names(CatalogKind::platform)) {
    INFO(name);
    for (const Problem& problem : catalog().check(catalog().path(CatalogKind::platform, name)))
      FAIL_CHECK(problem.str());
    const Topology machine(catalog().platform(name));
    std::vector<LinkId> route;
    machine.route(0, machine.gpus() - 1, route);
    REQUIRE(!route.empty());
    for (const LinkId id : route) CHECK(id < machine.link_count());
  }
}
