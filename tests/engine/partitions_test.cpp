// Jobs on two partitions of one fabric meet on the links that both use.
#include <catch2/catch.hpp>
#include <map>

#include "../machine/machines.hpp"
#include "engine/engine.hpp"

namespace aifsim {
namespace {

// Leaves of 4 nodes, oversubscribed 4:1; leaf 1 has nodes of both kinds.
struct TwoKinds {
  PlatformDescription a;
  Topology as_a, as_b;
  TwoKinds() : a(describe()), as_a(a), as_b(as_a.partition("b")) {}
  static PlatformDescription describe() {
    return test::with_partition(
        test::at_full_rate(test::fat_tree(test::mesh_node(4), 6, {{"leaf", 4, 4}, {"core", 12, 1}})),
        test::switched_node(), 6, 25);
  }
  Plan gather(const Topology& machine, std::vector<std::int64_t> nodes) const {
    Job job;
    job.machine = &machine;
    job.platform = &a;  // its collectives' constants are those of both
    job.gpus = 4 * std::ssize(nodes);
    job.nodes = std::move(nodes);
    return make_plan(
        single_collective(job.gpus, {CollectiveKind::all_gather, 0, Bytes{4e8}, Algorithm::ring}, "gather"),
        job);
  }
};

}  // namespace

TEST_CASE("jobs of two partitions share a leaf's links, at each level that sees neighbours", "[jobs]") {
  const TwoKinds m;
  const Plan a = m.gather(m.as_a, {0, 4, 1, 5}), b = m.gather(m.as_b, {0, 2, 1, 3});
  const auto together = [&](Fidelity fidelity, bool both) {
    std::vector<JobRun> runs{{&a, "a", Seconds{0}, 1}};
    if (both) runs.push_back({&b, "b", Seconds{0}, 1});
    return run_jobs(runs, m.as_a, fidelity);
  };
  const JobsTimeline flow = together(Fidelity::flow, true), message = together(Fidelity::message, true);
  CHECK(flow.jobs[0].duration.value > 1.2 * together(Fidelity::flow, false).jobs[0].duration.value);
  CHECK(message.jobs[0].duration.value > 1.2 * together(Fidelity::message, false).jobs[0].duration.value);
  CHECK(flow.duration.value == Approx(message.duration.value).epsilon(0.15));
  for (const JobsTimeline* run : {&flow, &message}) {
    std::map<LinkId, double> carried;
    for (const auto& job : run->carried)
      for (const LinkUnits& link : job) carried[link.link] += link.units;
    for (const auto& [link, bytes] : carried)
      CHECK(bytes <= m.as_a.capacity(link).value * run->duration.value * (1 + 1e-9));
  }
}

}  // namespace aifsim
