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
  job.stack = catalog().stack(job.training.stack);
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

// What a search pays for a layout where its routes are known: lowering, prices, and the run.
void warm(benchmark::State& state, bool runs) {
  PlatformShelf shelf(catalog());
  const WorkloadDescription workload = catalog().workload("gpt-6.7b");
  TrainingJob job;
  job.platform = shelf.find("mn5_acc");
  job.model = workload.model;
  job.training = workload.training;
  job.stack = catalog().stack(job.training.stack);
  job.gpus = state.range(0);
  const Plan first = make_training_plan(job);
  for (auto _ : state) {
    if (runs)
      benchmark::DoNotOptimize(analytical_duration(first));
    else
      benchmark::DoNotOptimize(make_training_plan(job).gpus);
  }
}
BENCHMARK_CAPTURE(warm, plan, false)->Arg(64)->Arg(2048)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(warm, run, true)->Arg(64)->Arg(2048)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace aifsim
