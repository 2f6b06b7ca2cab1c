// Every kind of fabric: routes that hang together and are as short as they can be, at one node and more; what
// it answers when a node too many or a pair without a way is asked for; and what it does when links fail.
#include <catch2/catch.hpp>
#include <queue>
#include <set>

#include "base/error.hpp"
#include "every_fabric.hpp"
#include "machine/site_transfer.hpp"
#include "machine/topology.hpp"
#include "routes.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

// Hops between switches, by breadth-first search over the links that the fabric says it has.
std::vector<int> hops_from(const Fabric& fabric, SwitchId source) {
  std::vector<int> hops(fabric.switches(), -1);
  hops[source] = 0;
  std::queue<SwitchId> queue{{source}};
  for (; !queue.empty(); queue.pop())
    for (const Fabric::Link& link : fabric.links())
      if (link.from == queue.front() && hops[link.to] < 0) {
        hops[link.to] = hops[link.from] + 1;
        queue.push(link.to);
      }
  return hops;
}

void audit_routes(const PlatformDescription& platform) {
  const Topology machine(platform);
  const Fabric& fabric = machine.fabric();
  std::set<std::string> names;
  for (LinkId id = 0; id < machine.link_count(); ++id) {
    const LinkInfo link = machine.link(id);
    CHECK(names.insert(link.name).second);
    CHECK(link.capacity.value > 0);
    CHECK(machine.find_link(link.name) == id);
  }
  for (std::int64_t a = 0; a < machine.nodes(); ++a)
    for (std::int64_t b = 0; b < machine.nodes(); ++b)
      for (std::int64_t nic = 0; nic < machine.nics_per_node(); ++nic) {
        if (a == b) continue;
        const FabricPort from{a, nic}, to{b, nic};
        std::vector<LinkId> route;
        fabric.route(from, to, 0, route);
        SwitchId at = fabric.switch_of(from);
        for (const LinkId id : route) {
          REQUIRE(id < fabric.link_count());
          REQUIRE(fabric.link(id).from == at);
          at = fabric.link(id).to;
        }
        REQUIRE(at == fabric.switch_of(to));
        REQUIRE(std::ssize(route) == hops_from(fabric, fabric.switch_of(from))[at]);
      }
}

}  // namespace

TEST_CASE("routes of every fabric hang together and take the fewest hops") {
  for (const Routing routing : {Routing::usual, Routing::adaptive, Routing::ecmp, Routing::fixed})
    for (PlatformDescription platform : all_kinds()) {
      INFO(platform.fabric.kind << ", routing " << static_cast<int>(routing));
      const bool one_way = platform.fabric.kind == "torus" || platform.fabric.kind == "hyperx" ||
                           platform.fabric.kind == "optical" || platform.fabric.kind == "sites" ||
                           platform.fabric.kind == "joined";
      if (one_way && routing != Routing::usual) continue;
      platform.fabric.routing = routing;
      audit_routes(platform);
    }
}

TEST_CASE("every fabric at one node, and at one more than fits") {
  for (PlatformDescription platform : all_kinds()) {
    INFO(platform.fabric.kind);
    const double full = platform.nodes;
    CHECK(places_for_nodes(platform.fabric) == full);
    platform.nodes = count(full + 1);
    CHECK(problem(platform).starts_with("test.yaml:7:3: " + std::to_string(static_cast<int>(full) + 1) +
                                        " nodes, but"));
    platform.nodes = count(1);
    const Topology machine(platform);
    CHECK(route_names(machine, 0, 1).size() == 1);
    CHECK(machine.leaf_of(0) == 0);
  }
}

TEST_CASE("efficiency and routing say what a link carries") {
  PlatformDescription platform =
      with(8, LeafSpineDescription{count(4), count(2), count(3), count(2), rate(25)}, "leaf_spine");
  platform.fabric.efficiency = count(0.9);
  const auto capacity = [&](const char* name) {
    const Topology machine(platform);
    const auto id = machine.find_link(name);
    return id ? machine.capacity(*id).value : 0;
  };
  CHECK(capacity("leaf 1 up link 5") == Approx(0.9 * 25e9));  // 3 spines, 2 links to each
  CHECK(capacity("leaf 1 up link 6") == 0);
  platform.fabric.routing = Routing::adaptive;
  CHECK(capacity("leaf 1 up") == Approx(0.9 * 150e9));
}

TEST_CASE("static routing picks the link by the receiver, ecmp by both ends") {
  PlatformDescription platform =
      with(8, LeafSpineDescription{count(4), count(2), count(3), count(2), rate(25)}, "leaf_spine");
  platform.fabric.routing = Routing::fixed;
  const Topology fixed(platform);
  CHECK(route_names(fixed, 0, 6)[2] ==
        route_names(fixed, 2, 6)[2]);  // node 3 is at leaf 1; its NIC is port 6
  CHECK(route_names(fixed, 0, 6)[2] == "leaf 0 up link 0");
  CHECK(route_names(fixed, 0, 6)[3] == "leaf 1 down link 0");
  platform.fabric.routing = Routing::ecmp;
  const Topology hashed(platform);
  std::set<std::string> used;
  for (GpuId to = 4; to < 16; ++to) used.insert(route_names(hashed, 0, to)[2]);
  CHECK(used.size() > 2);
  platform.fabric.hash = 1;
  const Topology another(platform);
  bool differs = false;
  for (GpuId to = 4; to < 16; ++to)
    differs |= route_names(hashed, 0, to)[2] != route_names(another, 0, to)[2];
  CHECK(differs);
}

TEST_CASE("a direct link of a dragonfly group joins two switches") {
  PlatformDescription platform = with(24, small_dragonfly(), "dragonfly");
  platform.fabric.routing = Routing::fixed;
  const Topology machine(platform);
  // Nodes 0, 2, 4, 6 are at switches 0 to 3 of group 0. Link i of a switch leads to the i-th of the others.
  CHECK(route_names(machine, 0, 2 * 6)[2] == "group 0 switch 0 up link 2");
  CHECK(route_names(machine, 0, 2 * 6)[3] == "group 0 switch 3 down link 0");
  CHECK(route_names(machine, 2 * 4, 2 * 2)[2] == "group 0 switch 2 up link 1");
  CHECK(route_names(machine, 2 * 4, 2 * 2)[3] == "group 0 switch 1 down link 1");
}

TEST_CASE("a dragonfly with more groups than switches in a group, which SimGrid's own cannot be") {
  DragonflyDescription d;
  d.groups = {{"g", count(9), count(2), count(2), count(1), {}}};
  d.local_links = count(1);
  d.local_bandwidth = d.global_bandwidth = rate(25);
  d.global_links = {{"g", "g", count(1), {}}};
  audit_routes(with(18, d, "dragonfly"));
  audit_routes(dragonfly_plus(mesh_node(2), 18, {{9, 1, 2}}, 1, 1));
}

TEST_CASE("planes and relayed rails change the rail inside the sending node") {
  const Topology planes(
      with(6, MultiPlaneDescription{count(2), count(3), count(2), count(1), count(4)}, "multi_plane", 4));
  // GPU 0 (plane 0) to GPU 3 of node 2 (plane 1): over GPU 3, whose NIC is in plane 1, and not over GPU 1, so
  // that both NICs of the plane work.
  CHECK(route_names(planes, 0, 8 + 3) == std::vector<std::string>{"node 0 gpu0>gpu3", "node 0 gpu3>nic3",
                                                                  "node 0 nic3 out", "unit 0 plane 1 up",
                                                                  "unit 1 plane 1 down", "node 2 nic3 in",
                                                                  "node 2 nic3>gpu3"});
  const Topology rails(
      with(12, RailTreeDescription{count(3), count(4), count(1), count(4), true}, "rail_tree"));
  CHECK(route_names(rails, 0, 3) == std::vector<std::string>{"node 0 gpu0>gpu1", "node 0 gpu1>nic1",
                                                             "node 0 nic1 out", "node 1 nic1 in",
                                                             "node 1 nic1>gpu1"});
}

TEST_CASE("nodes of a scale-up domain never use their NICs") {
  PlatformDescription platform = fat_tree(switched_node(), 12, {{"rack", 3, 1}, {"spine", 12, 1}});
  platform.node.scale_up = {"nvswitch0", count(3), {"test.yaml", 20, 5}};
  const Topology machine(platform);
  CHECK(machine.gpus_per_domain() == 12);
  CHECK(machine.same_domain(0, 11));
  CHECK(!machine.same_domain(11, 12));
  CHECK(route_names(machine, 1, 4 + 2) ==
        std::vector<std::string>{"node 0 gpu1>nvswitch0", "node 1 nvswitch0>gpu2"});
  CHECK(route_names(machine, 1, 12).size() == 8);
  platform.node.scale_up.through = "nvswitch1";
  CHECK(problem(platform).starts_with("test.yaml:20:5: scale_up: the wiring has no device nvswitch1"));
}

TEST_CASE("a wide-area link gives what its streams have in flight") {
  const Topology machine(with(9, three_sites(), "sites"));
  // 16 streams of 1 MB per 10 ms are 1.6 GB/s; 16 of 1 GB are more than the link has.
  CHECK(machine.capacity(*machine.find_link("north>middle")).value == Approx(1.6e9));
  CHECK(machine.capacity(*machine.find_link("south>middle")).value == Approx(12.5e9));
  CHECK(machine.route_latency(0, 16).value == Approx(15e-3).epsilon(1e-3));
  CHECK(route_names(machine, 0, 16)[3] == "north>middle");
  CHECK(route_names(machine, 0, 16)[4] == "middle>south");
}

TEST_CASE("a data set goes at the pace of the narrowest link on its way, or of the NICs at its ends") {
  PlatformDescription platform = with(9, three_sites(), "sites");
  const Topology machine(platform);
  const SiteTransfer t = transfer_between(platform, machine, "south", "north", Bytes{1.6e12});
  CHECK(t.sites == std::vector<std::string>{"south", "middle", "north"});
  CHECK(t.rate.value == Approx(1.6e9));  // 16 windows of 1 MB in 10 ms
  CHECK(t.bound == "link middle>north, the windows of its streams");
  CHECK(t.time.value == Approx(1000 + 15e-3));
  const SiteTransfer wide = transfer_between(platform, machine, "middle", "south", Bytes{1e12});
  CHECK(wide.bound == "link middle>south, its rate");
  platform.fabric.injection = rate(1);
  CHECK(transfer_between(platform, Topology(platform), "middle", "south", Bytes{4e9}).bound ==
        "the NICs of middle");
}

TEST_CASE("circuits are switched for a job") {
  const Topology machine(with(12, optical(Circuits::mesh), "optical"));
  CHECK(machine.capacity(*machine.find_link("block 0>block 1")).value == Approx(25e9));  // 6 ports, 5 others
  std::vector<std::vector<std::int64_t>> jobs{{0, 1, 4, 5, 8}};
  const Topology wired = *machine.for_jobs(jobs);  // blocks 0, 2, 4
  CHECK(wired.capacity(*wired.find_link("block 0>block 4")).value == Approx(75e9));
  CHECK(!wired.find_link("block 0>block 1"));
  std::vector<LinkId> route;
  CHECK_THROWS_AS(wired.route(0, 4, route), CannotAnswer);  // node 2 is in block 1
  // A second job over blocks 1 and 3 has circuits of its own: all six ports of each. One that shares block 4
  // is wired with the first: four blocks, two circuits each.
  jobs.push_back({2, 6});
  const Topology both = *machine.for_jobs(jobs);
  CHECK(both.capacity(*both.find_link("block 1>block 3")).value == Approx(150e9));
  CHECK(both.capacity(*both.find_link("block 0>block 4")).value == Approx(75e9));
  CHECK_THROWS_WITH(both.route(0, 4, route),
                    "no circuits join node 0 and node 2, which belong to different jobs");
  jobs.back() = {9, 10};
  const Topology shared = *machine.for_jobs(jobs);
  CHECK(shared.capacity(*shared.find_link("block 0>block 5")).value == Approx(50e9));
  CHECK(!Topology(fat_tree(mesh_node(4), 2, {{"leaf", 2, 1}})).for_jobs(jobs));
}

TEST_CASE("routes avoid links that are down, and say so where nothing is left") {
  const Topology machine(with(10, small_graph(), "graph"));
  const auto down = [&](std::initializer_list<const char*> links) {
    std::vector<LinkId> ids;
    for (const char* name : links) ids.push_back(*machine.find_link(name));
    return machine.without(ids);
  };
  CHECK(route_names(down({"a>c link 0"}), 0, 8)[2] == "a>c link 1");  // node 4 is at c
  const std::vector<std::string> around = route_names(down({"a>c link 0", "a>c link 1"}), 0, 8);
  CHECK(around[2] == "a>b");
  CHECK(around[3] == "b>d");
  std::vector<LinkId> route;
  CHECK_THROWS_WITH(down({"d>e"}).route(0, 16, route),
                    "links that are down leave no way from node 0 to node 8: a does not reach e");
  // Others are as they were.
  CHECK(route_names(down({"d>e"}), 16, 0) == route_names(machine, 16, 0));
}

TEST_CASE("a dragonfly goes around a cable through another group") {
  const Topology machine(with(24, small_dragonfly(), "dragonfly"));
  const std::vector<LinkId> cut{*machine.find_link("group 0>group 1")};
  const Topology left = machine.without(cut);
  const std::vector<std::string> route = route_names(left, 0, 2 * 7);
  CHECK(route.size() == route_names(machine, 0, 2 * 7).size() + 1);
  CHECK(left.links_of_class("group to group").size() == 6 * 5);
}

TEST_CASE("a node with a NIC or a wire down uses another") {
  const Topology machine(fat_tree(mesh_node(4), 2, {{"leaf", 2, 1}}));
  const auto down = [&](std::initializer_list<const char*> links) {
    std::vector<LinkId> ids;
    for (const char* name : links) ids.push_back(*machine.find_link(name));
    return machine.without(ids);
  };
  CHECK(route_names(down({"node 0 nic1 out"}), 1, 5)[2] == "node 0 nic2 out");
  CHECK(route_names(down({"node 0 gpu0>gpu1"}), 0, 1).size() == 2);
  CHECK(route_names(down({"node 0 gpu0>gpu1"}), 1, 0).size() == 1);
  CHECK(route_names(down({"node 0 gpu0>gpu1"}), 4, 5).size() == 1);
  std::vector<LinkId> route;
  CHECK_THROWS_WITH(
      down({"node 0 nic0 out", "node 0 nic1 out", "node 0 nic2 out", "node 0 nic3 out"}).route(0, 4, route),
      "node 0: the links of all its NICs are down");
}

TEST_CASE("a graph of rails: each NIC of a node at its own switch, nodes in one order") {
  GraphDescription rails;
  for (const double nic : {0.0, 1.0}) {
    const std::string name = nic == 0 ? "even" : "odd";
    rails.switches.push_back({name + "0", count(2), {nic}, {"test.yaml", 50, 3}});
    rails.switches.push_back({name + "1", count(3), {nic}, {"test.yaml", 51, 3}});
    for (const char* leaf : {"0", "1"})
      rails.edges.push_back({name + leaf, "spine", count(1), rate(25), {"test.yaml", 60, 3}});
  }
  rails.switches.push_back({"spine", count(0), {}, {"test.yaml", 52, 3}});
  const Topology machine(with(5, rails, "graph"));
  const Fabric& fabric = machine.fabric();
  CHECK(fabric.switch_name(fabric.switch_of({1, 0})) == "even0");
  CHECK(fabric.switch_name(fabric.switch_of({1, 1})) == "odd0");
  CHECK(fabric.switch_name(fabric.switch_of({2, 0})) == "even1");
  CHECK(fabric.switch_name(fabric.switch_of({4, 1})) == "odd1");
  // A NIC that no switch has room for.
  rails.switches[3].nodes = count(2);
  CHECK_THROWS_WITH(Topology(with(5, rails, "graph")), Catch::Matchers::Contains("hold NIC 1 of 4"));
}
