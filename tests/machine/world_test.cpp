// Simulations in SimGrid: how links are shared, and that many simulations in one process are alike.
#include "machine/simgrid/world.hpp"

#include <malloc.h>

#include <catch2/catch.hpp>
#include <simgrid/s4u/Host.hpp>

#include "machine/simgrid/zone.hpp"
#include "machine/topology.hpp"
#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

const Topology& two_nodes() {  // links of 12.5 GB/s between NICs
  static const Topology topology(fat_tree(mesh_node(4), 2, {{"leaf", 2, 1}}));
  return topology;
}

std::vector<LinkId> route(GpuId from, GpuId to) {
  std::vector<LinkId> links;
  two_nodes().route(from, to, links);
  return links;
}

std::vector<SimWorld::Link*> links_of(SimWorld& world, const std::vector<LinkId>& ids) {
  std::vector<SimWorld::Link*> links;
  for (const LinkId id : ids) links.push_back(world.link(id));
  return links;
}

struct Transfer {
  std::vector<LinkId> links;
  double latency, bytes, start = 0;
};

// When each transfer ends.
std::vector<double> ends(const std::vector<Transfer>& transfers) {
  SimWorld world(two_nodes());
  std::vector<double> end(transfers.size());
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    const Transfer& t = transfers[i];
    const SimWorld::Pair pair = world.add_pair(links_of(world, t.links), Seconds{t.latency});
    world.spawn("t", pair.source, [&end, &t, pair, i] {
      SimWorld::sleep(Seconds{t.start});
      SimWorld::transfer(pair, Bytes{t.bytes});
      end[i] = SimWorld::now().value;
    });
  }
  world.run();
  return end;
}

}  // namespace

TEST_CASE("a transfer takes its latency and then bytes over the narrowest link") {
  // GPU 0 to GPU 4: 32, 12.5, 12.5, 32 GB/s
  CHECK(ends({{route(0, 4), 2e-3, 12.5e9}})[0] == Approx(1.002).epsilon(1e-9));
}

TEST_CASE("a link that stands twice in a route carries every byte twice") {
  const LinkId nic = two_nodes().nic_out(0, 0);
  CHECK(ends({{{nic, nic}, 0, 12.5e9}})[0] == Approx(2).epsilon(1e-9));
  CHECK(ends({{{nic, nic, nic}, 0, 12.5e9}})[0] == Approx(3).epsilon(1e-9));
}

TEST_CASE("transfers share a link evenly, whatever their latencies") {
  // From 5 ms on both have half; the first had the link alone for 4 ms: 0.05 GB. Then 12.45 GB at 6.25 GB/s.
  const LinkId nic = two_nodes().nic_out(0, 0);
  const std::vector<double> end = ends({{{nic}, 1e-3, 12.5e9}, {{nic}, 5e-3, 12.5e9}});
  CHECK(end[0] == Approx(0.005 + 12.45 / 6.25).epsilon(1e-9));
  CHECK(end[1] == Approx(0.001 + 2.0).epsilon(1e-9));
}

TEST_CASE("a weighted and a plain transfer share by the bytes that they put on the link") {
  // Equal rates r: 2r + r = 12.5 GB/s.
  const LinkId nic = two_nodes().nic_out(0, 0);
  const std::vector<double> end = ends({{{nic, nic}, 0, 12.5e9}, {{nic}, 0, 12.5e9}});
  CHECK(end[0] == Approx(3).epsilon(1e-9));
  CHECK(end[1] == Approx(3).epsilon(1e-9));
}

TEST_CASE("the two directions of a cable do not disturb each other") {
  const std::vector<double> end = ends({{route(0, 4), 0, 12.5e9}, {route(4, 0), 0, 12.5e9}});
  CHECK(end[0] == Approx(1).epsilon(1e-9));
  CHECK(end[1] == Approx(1).epsilon(1e-9));
}

TEST_CASE("a pair can be held below the links' speed") {
  SimWorld world(two_nodes());
  const SimWorld::Pair pair = world.add_pair(links_of(world, route(0, 4)), Seconds{0}, BytesPerSecond{5e9});
  world.spawn("t", pair.source, [pair] { SimWorld::transfer(pair, Bytes{10e9}); });
  CHECK(world.run().value == Approx(2).epsilon(1e-9));
}

TEST_CASE("GPUs of the machine send over the topology's route") {
  SimWorld world(two_nodes());
  const SimWorld::Pair pair{world.add_gpu(1), world.add_gpu(6)};
  world.spawn("t", pair.source, [pair] { SimWorld::transfer(pair, Bytes{12.5e9}); });
  CHECK(world.run().value == Approx(1 + two_nodes().route_latency(1, 6).value).epsilon(1e-12));
}

TEST_CASE("only the links that are used are created") {
  SimWorld world(two_nodes());
  world.add_pair(links_of(world, route(0, 4)), Seconds{0});
  world.add_pair(links_of(world, route(0, 4)), Seconds{0});
  CHECK(world.zone().created_links() == 4);
  world.add_gpu(0);
  world.run();
  // Node 0: 12 between GPUs, 8 to and from NICs, 8 NIC ports, none to the CPU. Node 1: the 2 of the pair.
  CHECK(world.zone().created_links() == 12 + 8 + 8 + 2);
}

TEST_CASE("200 simulations in one process give the same and keep no memory") {
  const auto simulate = [] {
    return ends({{route(0, 4), 1.1e-6, 3e9}, {route(1, 4), 2.3e-6, 7e9, 0.01}, {route(2, 4), 0, 1e9, 0.3}});
  };
  const std::vector<double> first = simulate();
  for (int i = 0; i < 20; ++i) simulate();
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 200; ++i) {
    const std::vector<double> now = simulate();
    for (std::size_t t = 0; t < first.size(); ++t) REQUIRE(now[t] == Approx(first[t]).epsilon(1e-12));
  }
  const std::size_t after = mallinfo2().uordblks;
  CHECK(after < before + 200 * 4096);
}

TEST_CASE("what an actor throws comes out of run, and the next simulation works") {
  {
    SimWorld world(two_nodes());
    world.spawn("t", world.add_host("h"), [] { throw std::runtime_error("from the actor"); });
    CHECK_THROWS_WITH(world.run(), "from the actor");
  }
  CHECK(ends({{route(0, 4), 0, 12.5e9}})[0] == Approx(1).epsilon(1e-9));
}

TEST_CASE("a second world beside the first, or a pair without links, is our own mistake") {
  SimWorld world(two_nodes());
  CHECK_THROWS_AS(SimWorld(two_nodes()), std::logic_error);
  CHECK_THROWS_AS(world.add_pair({}, Seconds{0}), std::logic_error);
}

TEST_CASE("the whole of Leonardo as a zone") {
  const Topology topology(leonardo());
  SimWorld world(topology);
  world.add_all_gpus();
  world.run();
  CHECK(world.zone().get_host_count() == 13824);
  CHECK(world.zone().created_links() == 3456 * 28 + 2 * 348 + 20 * 19);
  CHECK(topology.link_count() == 3456 * 36 + 2 * 348 + 20 * 19);  // with those between CPU and GPUs
}

TEST_CASE("a processor computes at full speed, and slower while contended") {
  SimWorld world(two_nodes());
  SimWorld::Host* gpu = world.add_processor("gpu", 0.5);
  double end = 0;
  world.spawn("compute", gpu, [&] {
    SimWorld::compute(Seconds{3});
    end = SimWorld::now().value;
  });
  world.spawn("neighbour", world.add_host("h"), [gpu] {
    SimWorld::sleep(Seconds{1});
    SimWorld::set_contended(gpu, true);
    SimWorld::sleep(Seconds{2});
    SimWorld::set_contended(gpu, false);
  });
  world.run();
  CHECK(end == Approx(4).epsilon(1e-9));  // 1 s of work, 2 s for the next one, 1 s for the last
}

TEST_CASE("actors wait for an event, and go on at once when it has happened") {
  SimWorld world(two_nodes());
  SimEvent event;
  std::vector<double> seen;
  for (const double arrival : {0.0, 1.0, 5.0})
    world.spawn("waits", world.add_host("h" + std::to_string(arrival)), [&, arrival] {
      SimWorld::sleep(Seconds{arrival});
      event.wait();
      seen.push_back(SimWorld::now().value);
    });
  world.spawn("records", world.add_host("r"), [&] {
    SimWorld::sleep(Seconds{2});
    event.record();
  });
  world.run();
  CHECK(seen == std::vector<double>{2, 2, 5});
}

TEST_CASE("a deadlock is an error, and the next simulation works") {
  {
    SimWorld world(two_nodes());
    SimEvent never;
    world.spawn("waits", world.add_host("h"), [&] { never.wait(); });
    CHECK_THROWS_WITH(world.run(), "deadlock: actors wait for each other");
  }
  CHECK(ends({{route(0, 4), 0, 12.5e9}})[0] == Approx(1).epsilon(1e-9));
}
