// One price of a collective: what `collective` says is what `run` and `validate collectives` say.
#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "collectives/predict.hpp"
#include "factory/collective_run.hpp"
#include "factory/placement_effect.hpp"
#include "plan/plan.hpp"
#include "shipped.hpp"
#include "shipped_platforms.hpp"

namespace aifsim {
namespace {

PlatformInstance instance(const std::string& name) {
  PlatformDescription description = shipped().platform(name);
  const GpuDescription gpu = shipped().gpu(description.node.gpu);
  return {std::move(description), gpu};
}

double collective_seconds(const PlatformInstance& platform, CollectiveKind kind, std::int64_t ranks,
                          double bytes, Fidelity fidelity = Fidelity::flow) {
  const CollectiveQuestion q{kind, Bytes{bytes}, ranks, {}, fidelity};
  return run_collective(platform, q, chosen_algorithm(platform, q)).time.value;
}

}  // namespace

TEST_CASE("collective, run and validate say the same, on every platform") {
  constexpr std::pair<MeasuredOp, CollectiveKind> kinds[] = {
      {MeasuredOp::all_reduce, CollectiveKind::all_reduce},
      {MeasuredOp::all_gather, CollectiveKind::all_gather},
      {MeasuredOp::reduce_scatter, CollectiveKind::reduce_scatter},
      {MeasuredOp::all_to_all, CollectiveKind::all_to_all},
      {MeasuredOp::broadcast, CollectiveKind::broadcast},
      {MeasuredOp::reduce, CollectiveKind::reduce},
      {MeasuredOp::gather, CollectiveKind::gather},
      {MeasuredOp::scatter, CollectiveKind::scatter}};
  for (const std::string& name : platforms_with_gpus(shipped())) {
    const PlatformInstance platform = instance(name);
    LibraryRuns library(platform);
    const std::int64_t node = platform.topology.gpus_per_node();
    for (const std::int64_t ranks : {node / 2, node, 4 * node, platform.topology.gpus_per_domain() + node})
      for (const auto& [op, kind] : kinds)
        for (const double bytes : {1024.0, 4e6, 1e9}) {
          if (ranks < 2 || ranks > platform.topology.gpus()) continue;
          CollectiveQuery q;
          q.op = op;
          q.ranks = ranks;
          q.ranks_per_node = std::min(ranks, node);
          q.bytes = Bytes{bytes};
          INFO(name << ", " << name_of(kind) << " of " << bytes << " B on " << ranks);
          const double validated = predict(platform.description, q, [&](const CollectiveQuery& of) {
                                     return library.time(of);
                                   }).time.value;
          // A simulation is a process of its own: one size is enough for them.
          for (const Fidelity fidelity :
               {Fidelity::analytical, bytes == 4e6 ? Fidelity::flow : Fidelity::analytical})
            CHECK(collective_seconds(platform, kind, ranks, bytes, fidelity) ==
                  Approx(validated).epsilon(1e-6));
        }
  }
}

// What DeepEP's kernels took on H100 with 24 multiprocessors, hidden 7,168, 8 of 256 experts: tokens go out in FP8 and
// come back in 16 bits (aiconfigurator's tables, github.com/ai-dynamo/aiconfigurator, sglang 0.5.12). Nothing of the
// run's price was fitted to them.
TEST_CASE("experts' tokens over nodes take what DeepEP takes, and less than sent once to each rank") {
  const PlatformInstance h100 = instance("dgx_h100");
  struct Measured {
    std::int64_t nodes;
    double tokens, dispatch_us, combine_us, within;
  };
  for (const Measured& m : {Measured{2, 4096, 805, 1827, 0.25},
                            {2, 65536, 11245, 25158, 0.25},
                            {4, 1024, 561, 1047, 0.1},
                            {4, 4096, 1853, 3641, 0.1},
                            {4, 65536, 27651, 53921, 0.1}}) {
    const auto n = static_cast<double>(8 * m.nodes);
    CollectiveQuestion q{CollectiveKind::expert_combine,
                         Bytes{2 * 7168 * m.tokens * n * (1 - std::pow(1 - 1 / n, 8))}, 8 * m.nodes};
    q.tokens.visits = 8;
    INFO(m.nodes << " nodes, " << m.tokens << " tokens");
    CHECK(chosen_algorithm(h100, q) == Algorithm::forwarded);
    const double combine = run_collective(h100, q, Algorithm::forwarded).time.value;
    CHECK(combine == Approx(m.combine_us * 1e-6).epsilon(m.within));
    CHECK(combine < 0.6 * run_collective(h100, q, Algorithm::linear).time.value);
    q.kind = CollectiveKind::expert_dispatch;
    q.size = q.size / 2;
    CHECK(run_collective(h100, q, Algorithm::forwarded).time.value ==
          Approx(m.dispatch_us * 1e-6).epsilon(m.within));
  }
}

TEST_CASE("message keeps to the price as flow does") {
  const PlatformInstance h100 = instance("dgx_h100"), mn5 = instance("mn5_acc");
  for (const double bytes : {64e6, 1e9}) {
    CHECK(collective_seconds(h100, CollectiveKind::all_gather, 8, bytes, Fidelity::message) ==
          Approx(collective_seconds(h100, CollectiveKind::all_gather, 8, bytes)).epsilon(0.03));
    CHECK(collective_seconds(mn5, CollectiveKind::all_gather, 16, bytes, Fidelity::message) ==
          Approx(collective_seconds(mn5, CollectiveKind::all_gather, 16, bytes)).epsilon(0.05));
  }
  CHECK(collective_seconds(h100, CollectiveKind::all_gather, 8, 65536, Fidelity::message) ==
        Approx(collective_seconds(h100, CollectiveKind::all_gather, 8, 65536)).epsilon(0.1));
}

TEST_CASE("a rack of NVLink is one node to a collective") {
  const PlatformInstance rack = instance("gb200_nvl72");
  CHECK(world_shape(rack.topology, 72).nodes() == 1);
  CHECK(world_shape(rack.topology, 144).nodes() == 2);
  const CollectiveQuestion q{CollectiveKind::all_reduce, Bytes{1e9}, 72};
  const CollectiveAnswer answer = run_collective(rack, q, Algorithm::ring);
  CHECK(answer.bottleneck.find("nvswitch") != std::string::npos);
}

TEST_CASE("ranks of a collective share racks evenly where they can, so that no count falls off a cliff") {
  const PlatformInstance rack = instance("gb200_nvl72");
  CHECK(world_shape(rack.topology, 512).per_node == 64);
  CHECK(world_shape(rack.topology, 512).even());
  CHECK(world_shape(rack.topology, 504).per_node == 72);
  double before = 0;
  for (const std::int64_t ranks : {216, 256, 288, 500, 504, 508, 512, 576, 1008, 1012, 1024}) {
    const double seconds = collective_seconds(rack, CollectiveKind::all_reduce, ranks, 1048576);
    INFO(ranks << " ranks take " << seconds);
    if (before > 0) CHECK(seconds < 1.3 * before);
    if (before > 0) CHECK(seconds > before / 1.3);
    before = seconds;
  }
}

TEST_CASE("other draws of a fabric's hash are tried where it hashes, on the same nodes") {
  for (const char* machine : {"mimer", "mn5_acc"}) {
    const PlatformInstance platform = instance(machine);
    FabricInputs inputs;
    inputs.platform = &platform;
    inputs.fidelity = Fidelity::flow;
    JobInputs& job = inputs.jobs.emplace_back();
    job.description.name = "a";
    job.description.gpus = 64;
    job.description.steps = 1;
    job.description.collective =
        CollectiveJobDescription{.kind = "all_to_all", .size = Bytes{1e8}, .place = {}};
    FabricRun run = run_on_fabric(inputs);
    add_other_hashes(run, inputs);
    const auto& others = run.jobs.front().other_hashes;
    const bool hashes = std::string(machine) == "mimer";
    CHECK(others.size() == (hashes ? 5 : 0));
    for (const HashTime& other : others) {
      CHECK(other.hash > 0);
      FabricInputs again = inputs;
      PlatformDescription drawn = platform.description;
      drawn.fabric.hash = other.hash;
      const PlatformInstance there(std::move(drawn), platform.gpu);
      again.platform = &there;
      CHECK(steps_on_fabric(again).front().value == Approx(other.step_time.value));
    }
  }
}

TEST_CASE("switches that cannot sum are not offered for it") {
  const PlatformInstance a100 = instance("selene"), h100 = instance("dgx_h100");
  const auto offers = [](const PlatformInstance& p) {
    const auto all = algorithms_on(p, CollectiveKind::all_reduce, 8);
    return std::find(all.begin(), all.end(), Algorithm::nvls) != all.end();
  };
  CHECK_FALSE(offers(a100));
  CHECK(offers(h100));
  CHECK_THROWS_AS(run_collective(a100, {CollectiveKind::all_reduce, Bytes{1e6}, 8}, Algorithm::nvls),
                  CannotAnswer);
}

TEST_CASE("neighbours cost training steps, and collectives alone nothing") {
  PlatformInstance platform = instance("mn5_acc");
  NeighboursDescription& neighbours = platform.description.communication.neighbours;
  neighbours.leave.value = 0.5;
  neighbours.delay.value = Seconds{20e-6};
  Job job;
  job.machine = &platform.topology;
  job.platform = &platform.description;
  job.gpu = &platform.gpu;
  job.gpus = 64;
  for (std::int64_t n = 0; n < 16; ++n) job.nodes.push_back(n);
  const auto time = [&](bool busy, double bytes) {
    job.busy = busy;
    const Plan plan = make_plan(
        single_collective(64, {CollectiveKind::all_gather, 0, Bytes{bytes}, Algorithm::ring, 0}, "c"), job);
    return time_alone(plan.collectives.front().choices.front()).value;
  };
  CHECK(time(false, 1e9) ==
        Approx(collective_seconds(platform, CollectiveKind::all_gather, 64, 1e9)).epsilon(1e-6));
  CHECK(time(true, 8) - time(false, 8) == Approx(63 * 20e-6).epsilon(0.05));
  CHECK(time(true, 8e9) / time(false, 8e9) > 1.7);  // bytes pass the nodes' wires, too
}

}  // namespace aifsim
