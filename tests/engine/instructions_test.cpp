// Fixed cases whose instructions tests/bench/instruction_counts counts; hidden from other runs.
#include <catch2/catch.hpp>
#include <numeric>

#include "../machine/machines.hpp"
#include "engine/engine.hpp"

namespace aifsim {
namespace {

// Not merged with what calls it: its name tells valgrind what to count.
[[gnu::noinline]] double counted_all_reduce(std::int64_t gpus, Fidelity fidelity) {
  PlatformDescription platform =
      test::fat_tree(test::mesh_node(4), static_cast<double>(gpus) / 4, {{"leaf", 8, 2}, {"core", 1024, 1}});
  CommunicationDescription& c = platform.communication;
  c.intra_node_efficiency = c.inter_node_efficiency = test::count(1);
  c.intra_node_step = test::figure(Seconds{1e-6});
  c.inter_node_step = test::figure(Seconds{3e-6});
  c.loss_per_doubling = test::count(0);
  platform.clock.sustained = test::count(1);
  const Topology machine(platform);
  Job job;
  job.machine = &machine;
  job.platform = &platform;
  job.gpus = gpus;
  job.nodes.resize(static_cast<std::size_t>(gpus / 4));
  std::iota(job.nodes.begin(), job.nodes.end(), 0);
  const Program program =
      single_collective(gpus, {CollectiveKind::all_reduce, 0, Bytes{1e9}, Algorithm::ring}, "all_reduce");
  return run(make_plan(program, job), machine, fidelity).duration.value;
}

}  // namespace

TEST_CASE("a simulation gives the same to the last bit whatever ran before it") {
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    const double first = counted_all_reduce(16, level);
    counted_all_reduce(32, level);
    CHECK(counted_all_reduce(16, level) == first);
  }
}

TEST_CASE("instructions of an all-reduce on 2,048 GPUs at level flow", "[.instructions_flow]") {
  CHECK(counted_all_reduce(2048, Fidelity::flow) > 0);
}

}  // namespace aifsim
