#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <numeric>

#include "../plan/small_tree.hpp"
#include "engine/engine.hpp"
#include "plan/group_traffic.hpp"

namespace aifsim {

TEST_CASE("the parts send each other what leaves through NICs", "[plan]") {
  const test::SmallTree mesh, switched(test::switched_node());
  const bool held = rc::check([&] {
    const test::SmallTree& tree = **rc::gen::element(&mesh, &switched);
    std::vector<std::int64_t> nodes = test::first_nodes(16);
    nodes.resize(static_cast<std::size_t>(*rc::gen::inRange(5, 17)));  // more than an island
    const Collective collective{*rc::gen::element(CollectiveKind::all_reduce, CollectiveKind::all_gather,
                                                  CollectiveKind::reduce_scatter, CollectiveKind::all_to_all),
                                0, Bytes{static_cast<double>(*rc::gen::inRange(1, 1000)) * 1e5}};
    const Plan plan = tree.plan(nodes, collective);
    double out = 0;
    for (const LinkUnits& link : carried_by(plan, 1))
      if (tree.topology.link(link.link).class_name == "nic out") out += link.units;
    const GroupTraffic t = group_traffic(plan);
    RC_ASSERT(std::abs(std::accumulate(t.bytes.begin(), t.bytes.end(), 0.0) / out - 1) < 1e-9);
  });
  CHECK(held);
}

TEST_CASE("link use has mean, sum and name of the busiest of each class", "[engine]") {
  const test::SmallTree tree;
  const Plan plan =
      tree.plan(test::first_nodes(4), {CollectiveKind::all_gather, 0, Bytes{64e6}, Algorithm::ring});
  const Timeline timeline = run(plan, tree.topology, Fidelity::analytical);
  REQUIRE(timeline.heat.size() == timeline.links.size());
  for (std::size_t k = 0; k < timeline.heat.size(); ++k) {
    const LinkHeat& heat = timeline.heat[k];
    CHECK(*std::max_element(heat.bins.begin(), heat.bins.end()) == timeline.links[k].utilisation);
    CHECK(heat.mean <= timeline.links[k].utilisation * (1 + 1e-12));
    const LinkId busiest = tree.topology.find_link(heat.busiest).value();
    CHECK(tree.topology.link(busiest).class_name == heat.name);
    CHECK(heat.capacity.value == timeline.links[k].capacity.value);
    const double seconds = timeline.duration.value;
    CHECK(heat.carried.value ==
          Approx(heat.mean * heat.capacity.value * seconds * static_cast<double>(heat.links)));
  }
}

}  // namespace aifsim
