#include "machine/buildable.hpp"

#include <catch2/catch.hpp>

#include "every_fabric.hpp"
#include "machine/simgrid/world.hpp"
#include "machine/topology.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

std::string problem_of(const PlatformDescription& platform) {
  const std::vector<Problem> problems = problems_of_building(platform);
  return problems.empty() ? "" : problems.front().str();
}

}  // namespace

TEST_CASE("check tells what building a machine refuses", "[machine]") {
  DragonflyDescription d = small_dragonfly();
  CHECK(problem_of(with(24, d, "dragonfly")) == "");
  d.spread_nics = true;  // 4 and 2 sets of switches, each of 2 NICs
  CHECK_THAT(problem_of(with(24, d, "dragonfly")),
             Catch::Contains("big: 7 nodes, 2 to a switch, need 8 switches per group; found 4"));
  CHECK_THAT(problem_of(with(25, small_dragonfly(), "dragonfly")), Catch::Contains("25 nodes, but"));
}

TEST_CASE("fabrics whose counts multiply beyond what is simulated are refused at once", "[machine]") {
  DragonflyDescription dragonfly = small_dragonfly();
  dragonfly.groups = {{"g", count(100'000), count(100'000), count(10), count(1), {}}};
  dragonfly.global_links = {{"g", "g", count(100'000), {}}};
  CHECK_THAT(problem_of(with(1'000'000, dragonfly, "dragonfly")), Catch::Contains("1e+10 switches"));
  dragonfly.groups[0].switches = count(10);
  dragonfly.groups[0].nodes_per_switch = count(1);
  dragonfly.groups[0].count = count(10'000);
  CHECK_THAT(problem_of(with(100'000, dragonfly, "dragonfly")), Catch::Contains("10000 groups"));
  OpticalDescription circuits = optical(Circuits::mesh);
  circuits.blocks = circuits.ports = count(100'000);
  circuits.nodes_per_block = count(10);
  CHECK_THAT(problem_of(with(1'000'000, circuits, "optical")), Catch::Contains("more than 5000000 links"));
  CHECK_THAT(problem_of(with(1'000'000, lattice<HyperXDescription>({1000, 1000, 1000}), "hyperx")),
             Catch::Contains("1e+09 switches"));
}

TEST_CASE("part of a byte takes its part of the time", "[machine]") {
  const Topology topology(fat_tree(mesh_node(2), 2, {{"leaf", 2, 1}}));
  double before = 0;
  for (const double bytes : {0.02, 0.3, 0.6, 1.2, 2.7}) {
    SimWorld world(topology);
    SimWorld::Link* const slow[] = {world.add_link(BytesPerSecond{1})};
    const auto pair = world.add_pair(slow, Seconds{0});
    world.spawn("sender", world.add_host("sender"), [&] { SimWorld::transfer(pair, Bytes{bytes}); });
    const double time = world.run().value;
    CHECK(time == Approx(bytes));
    CHECK(time > before);
    before = time;
  }
}
