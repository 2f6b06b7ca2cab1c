// Training steps and collectives at both levels of fidelity, placed on whole machines: from description to
// timeline.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "factory/training_table.hpp"

namespace aifsim {
namespace {

const Catalog& catalog() {
  static const Catalog c{std::filesystem::path(AIFSIM_ROOT)};
  return c;
}

void step(benchmark::State& state, const char* platform, Sharding sharding, Fidelity fidelity) {
  PlatformShelf shelf(catalog());
  const WorkloadDescription workload = catalog().workload("gpt-6.7b");
  TrainingJob job;
  job.platform = shelf.find(platform);
  job.model = workload.model;
  job.training = workload.training;
  job.training.sharding = sharding;
  job.training.shard_group = sharding == Sharding::hsdp ? 4 : 0;
  job.training.micro_batch = 1;  // two do not fit with hybrid sharding
  job.gpus = state.range(0);
  for (auto _ : state)
    benchmark::DoNotOptimize(run(make_training_plan(job), job.platform->topology, fidelity).duration.value);
}

BENCHMARK_CAPTURE(step, fsdp_flow, "mn5_acc", Sharding::zero3, Fidelity::flow)
    ->Arg(64)
    ->Arg(512)
    ->Arg(2048)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, hsdp_flow, "mn5_acc", Sharding::hsdp, Fidelity::flow)
    ->Arg(64)
    ->Arg(512)
    ->Arg(2048)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, fsdp_analytical, "mn5_acc", Sharding::zero3, Fidelity::analytical)
    ->Arg(64)
    ->Arg(512)
    ->Arg(2048)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, fsdp_flow_leonardo, "leonardo_booster", Sharding::zero3, Fidelity::flow)
    ->Arg(13824)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aifsim
