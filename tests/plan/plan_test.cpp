// Plans of small programs on a tree of 16 nodes with 4 GPUs.
#include "plan/plan.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "../machine/machines.hpp"
#include "plan/cursor.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

struct Machine {
  PlatformDescription platform = test::fat_tree(test::mesh_node(4), 16, {{"leaf", 4, 1}, {"core", 16, 1}});
  GpuDescription gpu;
  Topology topology;
  Machine() : topology(platform) { platform.clock.sustained = test::count(1); }
  Job job() const {
    Job j;
    j.machine = &topology;
    j.platform = &platform;
    j.gpu = &gpu;
    j.gpus = topology.gpus();
    j.nodes.resize(static_cast<std::size_t>(topology.nodes()));
    std::iota(j.nodes.begin(), j.nodes.end(), 0);
    return j;
  }
};

Collective sum(double bytes) { return {CollectiveKind::all_reduce, 0, Bytes{bytes}, Algorithm::ring}; }

}  // namespace

TEST_CASE("a plan of the same job with its router routes nothing again", "[plan]") {
  const Machine m;
  Job job = m.job();
  job.router = router_of(job);
  const Plan first = make_plan(single_collective(64, sum(1e6), "sum"), job);
  const Plan again = make_plan(single_collective(64, sum(1e9), "sum"), job);  // a ring's routes know no bytes
  CHECK(first.collectives.at(0).choices.at(0).routed == again.collectives.at(0).choices.at(0).routed);
  const Plan other = make_plan(single_collective(64, sum(1e6), "sum"), m.job());
  CHECK(first.collectives[0].choices[0].routed != other.collectives[0].choices[0].routed);
  CHECK(first.collectives[0].phases()[0].volume == other.collectives[0].phases()[0].volume);
}

TEST_CASE("a ring over two sites waits for the way between them once a turn, not at each step", "[plan]") {
  const PlatformDescription platform = shipped().platform("meluxina_ai");
  const GpuDescription gpu = shipped().gpu(platform.node.gpu);
  const Topology topology(platform);
  const auto time = [&](std::int64_t gpus) {
    Job job;
    job.machine = &topology;
    job.platform = &platform;
    job.gpu = &gpu;
    job.gpus = gpus;
    job.nodes.resize(static_cast<std::size_t>(gpus / topology.gpus_per_node()));
    std::iota(job.nodes.begin(), job.nodes.end(), 0);
    const Collective gather{CollectiveKind::all_gather, 0, Bytes{1e6}, Algorithm::ring};
    return time_alone(
               make_plan(single_collective(gpus, gather, "gather"), job).collectives.at(0).choices.at(0))
        .value;
  };
  const auto& sites = std::get<SitesDescription>(platform.fabric.topology);
  const double round_trip = sites.wan.front().round_trip->value, inside = time(504), over = time(512);
  CHECK(over > inside + round_trip / 2);
  CHECK(over < inside + 1.5 * round_trip);
}

TEST_CASE("equal collectives are planned once and counted as often as they run", "[plan]") {
  const Machine m;
  Program p = single_collective(64, sum(1e6), "sum");
  auto& ops = p.roles[0].streams[0].operations;
  ops.push_back({Repeat{5, {{sum(1e6), "sum #"}, {Repeat{3, {{sum(2e6), "other"}}}}}}});
  const Plan plan = make_plan(p, m.job());
  CHECK(plan.collectives.size() == 2);
  CHECK(calls_of(plan) == std::vector<std::pair<std::size_t, double>>{{0, 6}, {1, 15}});
  std::size_t steps = 0;
  for (StreamCursor cursor(plan.roles[0].streams[0]); !cursor.ended(); cursor.next()) ++steps;
  CHECK(steps == 21);
}

TEST_CASE("groups of several axes lie in nodes as their members do", "[plan]") {
  const Machine m;
  Router router(m.topology, m.job().nodes, true);
  const auto shape = [&](std::vector<std::pair<std::int64_t, std::int64_t>> directions) {
    GroupRanks ranks;
    for (const auto& [count, stride] : directions) ranks.members.add(count, stride);
    return router.group(ranks).shape;
  };
  CHECK(shape({{64, 1}}) == GroupShape{64, 4, NodeLinks::mesh});
  CHECK(shape({{2, 2}}) == GroupShape{2, 2, NodeLinks::mesh});
  CHECK(shape({{2, 1}, {8, 8}}) == GroupShape{16, 2, NodeLinks::mesh});  // pairs of GPUs of every other node
  CHECK(shape({{16, 4}}) == GroupShape{16, 1, NodeLinks::mesh});
  CHECK(shape({{6, 1}}) == GroupShape{6, 4, NodeLinks::mesh});  // 4 + 2: the last node has fewer
  GroupRanks tens;
  tens.members.add(6, 1);
  tens.bases.add(2, 6);  // the second has 2 + 4
  CHECK(router.group(tens).shape == GroupShape{6, 2, NodeLinks::mesh});
}

TEST_CASE("groups lie in scale-up domains as the job's nodes do", "[plan]") {
  PlatformDescription platform = test::fat_tree(test::switched_node(), 16, {{"leaf", 4, 1}, {"core", 16, 1}});
  platform.node.scale_up = {"nvswitch0", test::count(4), {}};
  const Topology topology(platform);
  const auto shape = [&](std::vector<std::int64_t> nodes, std::int64_t members, std::int64_t stride,
                         std::int64_t groups = 1) {
    Router router(topology, std::move(nodes), true);
    GroupRanks ranks;
    ranks.members.add(members, stride);
    if (groups > 1) ranks.bases.add(groups, members * stride);
    return router.group(ranks).shape;
  };
  const std::vector<std::int64_t> three_of_four{0, 1, 2, 4, 5, 6, 8, 9, 10};
  CHECK(shape({0, 1, 2, 3, 4, 5, 6, 7}, 32, 1) == GroupShape{32, 16});
  CHECK(shape(three_of_four, 36, 1) == GroupShape{36, 12});
  CHECK(shape(three_of_four, 18, 2) == GroupShape{18, 6});
  CHECK(shape(three_of_four, 16, 1) == GroupShape{16, 12});    // a domain and a node
  CHECK(shape(three_of_four, 18, 1, 2) == GroupShape{18, 6});  // 12 + 6, and 6 + 12
  CHECK(shape({0, 4, 1, 5}, 16, 1) == GroupShape{16, 4});
}

}  // namespace aifsim
