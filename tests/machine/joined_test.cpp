// Machines with fabrics of their own, joined through their sites' routers.
#include <catch2/catch.hpp>
#include <set>

#include "base/error.hpp"
#include "every_fabric.hpp"
#include "machine/bisection.hpp"
#include "machine/placement.hpp"
#include "machine/site_transfer.hpp"
#include "routes.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

// Partitions a and b of alike nodes, each on its own tree of 8 places, and c on a dragonfly of 24; b is at another site.
PlatformDescription three_partitions() {
  PlatformDescription p = with(8, joined_machines(), "joined");
  p.partition = "a";
  p.partitions.clear();
  const auto partition = [&](const char* name, std::int64_t first, double nodes) {
    p.partitions.push_back(
        {name, first, count(nodes), p.node, p.fabric.injection, p.fabric.nic_latency, p.place, name});
  };
  partition("a", 0, 8);
  partition("b", 8, 8);
  partition("c", 16, 20);
  return p;
}

}  // namespace

TEST_CASE("a way between machines leads over borders, uplinks and the wide area") {
  const Topology a(three_partitions()), b = a.partition("b");
  CHECK(route_names(a, a.gpu(2, 0), b.gpu(2, 0)) ==
        std::vector<std::string>{"a node 2 gpu0>nic0", "a node 2 nic0 out", "a leaf 1 up", "a leaf 0 down",
                                 "a>north", "north>south", "south>b", "b leaf 0 up", "b leaf 1 down",
                                 "b node 2 nic0 in", "b node 2 nic0>gpu0"});
  CHECK(route_names(a, a.gpu(0, 0), a.gpu(1, 0)).size() == 4);  // below one leaf
  CHECK(a.route_latency(a.gpu(0, 0), b.gpu(0, 0)).value == Approx(5e-3).epsilon(1e-3));
  std::set<std::string> all;
  for (LinkId id = 0; id < a.link_count(); ++id) {
    CHECK(all.insert(a.link(id).name).second);
    CHECK(a.find_link(a.link(id).name) == id);
  }
}

TEST_CASE("a machine among others is as it is alone") {
  const Topology joined = Topology(three_partitions()).partition("c");
  const Topology alone(with(20, small_dragonfly(), "dragonfly"));
  for (std::int64_t from = 0; from < 20; ++from)
    for (std::int64_t to = 0; to < 20; ++to) {
      const auto there = route_names(alone, alone.gpu(from, 1), alone.gpu(to, 1));
      const auto here = route_names(joined, joined.gpu(from, 1), joined.gpu(to, 1));
      REQUIRE(there.size() == here.size());
      for (std::size_t i = 0; i < here.size(); ++i) REQUIRE(here[i].ends_with(there[i]));
    }
  CHECK(bisect(joined, 1).halves.front().carried.value ==
        Approx(bisect(alone, 1).halves.front().carried.value).epsilon(0.01));
}

TEST_CASE("a job on two partitions has as many nodes of each, a's first") {
  const Topology both = Topology(three_partitions()).partition("a+b");
  CHECK(both.called() == "partition a+b");
  CHECK(both.nodes() == 16);
  CHECK(both.gpu(8, 1) == Topology(three_partitions()).partition("b").gpu(0, 1));
  CHECK(place_job({}, 8, both, 1) == std::vector<std::int64_t>{0, 1, 8, 9});
  std::vector<char> taken(16, 0);
  taken[0] = taken[9] = 1;
  CHECK(place_job({}, 8, both, 1, taken) == std::vector<std::int64_t>{1, 2, 8, 10});
  for (const PlacementPolicy policy :
       {PlacementPolicy::scattered, PlacementPolicy::random, PlacementPolicy::fragmented}) {
    PlacementDescription placement;
    placement.policy = policy;
    const auto nodes = place_job(placement, 16, both, 3);
    CHECK(std::count_if(nodes.begin(), nodes.end(), [](std::int64_t node) { return node < 8; }) == 4);
    CHECK(std::set<std::int64_t>(nodes.begin(), nodes.end()).size() == 8);
  }
  CHECK_THROWS_WITH(place_job({}, 6, both, 1), Catch::Contains("as many nodes of each"));
}

TEST_CASE("data go between sites at the pace of the narrowest link") {
  const PlatformDescription p = three_partitions();
  const SiteTransfer t = transfer_between(p, Topology(p), "north", "south", Bytes{1.6e12});
  CHECK(t.rate.value == Approx(1.6e9));  // 16 streams of 1 MB per 10 ms
  CHECK(t.latency.value == Approx(5e-3));
  CHECK_THROWS_WITH(transfer_between(p, Topology(p), "north", "west", Bytes{1}),
                    Catch::Contains("has no site"));
}

TEST_CASE("servers of a tier stand beside the partitions that it names") {
  PlatformDescription p = three_partitions();
  StorageTierDescription tier;
  tier.name = "flash";
  tier.servers = count(2);
  tier.nics = count(1);
  tier.injection = rate(25);
  tier.read = tier.write = rate(40);
  tier.beside = {"b"};
  p.storage = {tier};
  const Topology machine(p);
  const NodeRow* servers = machine.servers_of("flash");
  REQUIRE(servers);
  CHECK(servers->places == std::vector<std::int64_t>{10, 14});
}
