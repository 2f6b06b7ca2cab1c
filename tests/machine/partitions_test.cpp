// Nodes of two kinds on one fabric.
#include <catch2/catch.hpp>
#include <set>

#include "machine/bisection.hpp"
#include "machine/placement.hpp"
#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

// Leaves of 4: six nodes of four NICs of 12.5 GB/s, then five of two NICs of 50 GB/s.
PlatformDescription two_kinds() {
  return with_partition(fat_tree(mesh_node(4), 6, {{"leaf", 4, 2}, {"core", 12, 1}}), switched_node(), 5, 50);
}

const Topology& as_a() {
  static const Topology topology(two_kinds());
  return topology;
}
const Topology& as_b() {
  static const Topology topology = as_a().partition("b");
  return topology;
}

}  // namespace

TEST_CASE("each partition sees its own nodes, and all see the same links") {
  CHECK(as_a().nodes() == 6);
  CHECK(as_b().nodes() == 5);
  CHECK(as_a().nics_per_node() == 4);
  CHECK(as_b().nics_per_node() == 2);
  CHECK(as_a().link_count() == as_b().link_count());
  CHECK(as_b().gpu(0, 0) == as_a().gpus());
  CHECK(as_b().capacity(as_b().nic_out(0, 1)) == BytesPerSecond{50e9});
  CHECK(as_b().called() == "partition b");
  std::set<std::string> names;
  for (LinkId id = 0; id < as_a().link_count(); ++id) {
    CHECK(as_a().capacity(id) == as_b().capacity(id));
    CHECK(as_a().latency(id) == as_b().latency(id));
    const std::string name = as_a().link(id).name;
    CHECK(names.insert(name).second);
    CHECK(as_b().find_link(name) == id);
  }
  CHECK(names.count("b node 4 nic1 in") == 1);
  CHECK(as_a().links_of_class("nic out").size() == 6 * 4 + 5 * 2);
}

TEST_CASE("a switch's uplinks follow what hangs below it") {
  const auto up = [](const char* name) { return as_a().capacity(*as_a().find_link(name)).value; };
  CHECK(up("leaf 0 up") == Approx(4 * 4 * 12.5e9 / 2));
  CHECK(up("leaf 1 up") == Approx((2 * 4 * 12.5e9 + 2 * 2 * 50e9) / 2));
  CHECK(up("leaf 2 down") == Approx(4 * 2 * 50e9 / 2));  // the empty place counts as its neighbours
  CHECK(as_a().injection(0, 12).value == Approx(6 * 4 * 12.5e9 + 5 * 2 * 50e9));
}

TEST_CASE("nodes hang one after the other: b's first share a leaf with a's last") {
  CHECK(as_a().leaf_of(5) == as_b().leaf_of(1));
  CHECK(as_b().leaf_of(2) == 2);
  std::vector<LinkId> route;
  as_b().route(as_b().gpu(0, 0), as_b().gpu(2, 0), route);
  std::vector<std::string> names;
  for (const LinkId id : route) names.push_back(as_b().link(id).name);
  CHECK(names == std::vector<std::string>{"b node 0 gpu0>pcie0", "b node 0 pcie0>nic0", "b node 0 nic0 out",
                                          "leaf 1 up", "leaf 2 down", "b node 2 nic0 in",
                                          "b node 2 nic0>pcie0", "b node 2 pcie0>gpu0"});
  route.clear();
  as_a().route(as_a().gpu(5, 3), as_b().gpu(1, 3), route);  // from one to the other, below one leaf
  CHECK(as_a().link(route.front()).name == "a node 5 gpu3>nic3");
  CHECK(as_a().link(route.back()).name == "b node 1 pcie1>gpu3");
  CHECK(!as_a().same_domain(as_a().gpu(5, 3), as_b().gpu(1, 3)));
}

TEST_CASE("a job is placed on its partition's nodes, and told when they do not hold it") {
  CHECK(place_job({}, 8, as_b(), 1) == std::vector<std::int64_t>{0, 1});
  try {
    place_job({}, 24, as_b(), 1);
    FAIL("placed");
  } catch (const CannotAnswer& error) {
    CHECK(std::string(error.what()) ==
          "a job of 24 GPUs is larger than the partition b: 5 nodes of 4 GPUs are 20");
  }
  CHECK(bisect(as_b(), 1).injection.value == Approx(5 * 2 * 50e9));
}

TEST_CASE("links that are down are avoided in each partition") {
  const Topology left = as_b().without(std::vector<LinkId>{as_b().nic_out(2, 0), as_a().nic_out(0, 1)});
  std::vector<LinkId> route;
  left.route(left.gpu(2, 0), left.gpu(4, 0), route);
  CHECK(std::find(route.begin(), route.end(), left.nic_out(2, 1)) != route.end());
  route.clear();
  left.route(as_a().gpu(0, 1), as_a().gpu(1, 1), route);
  CHECK(std::find(route.begin(), route.end(), as_a().nic_out(0, 2)) != route.end());
}
