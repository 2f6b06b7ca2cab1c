// The cases by which the speed of level flow is judged: nodes of 8 GPUs, 450 GB/s per GPU to NVSwitches and
// 50 GB/s per GPU between nodes. Each iteration goes from the description to the timeline. Time is CPU time;
// peak_MB is the process's high-water mark, so run one case per process (tests/bench/speed_table does).
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <filesystem>
#include <numeric>
#include <random>

#include "../machine/machines.hpp"
#include "catalog/catalog.hpp"
#include "engine/engine.hpp"
#include "lowering/training/lower.hpp"

namespace aifsim {
namespace {

void report_peak(benchmark::State& state) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

NodeDescription node_of_8() {
  NodeDescription node = test::mesh_node(8);
  node.wiring = {test::rule("gpu*", "nvswitch0", 450, 0.3),
                 test::rule("gpu*", "nic*", 64, 0.5, Pairing::same_index),
                 test::rule("cpu0", "gpu*", 64, 0.6)};
  return node;
}

// Leaves of 32 nodes, pods of 512; `oversubscription` at the leaves.
PlatformDescription machine_of(std::int64_t gpus, double oversubscription) {
  const double nodes = std::max<double>(1, static_cast<double>(gpus) / 8);
  PlatformDescription platform = test::fat_tree(
      node_of_8(), nodes, {{"leaf", 32, oversubscription}, {"pod", 512, 1}, {"core", 16384, 1}});
  platform.fabric.injection = test::figure(BytesPerSecond{50e9});
  return test::at_full_rate(std::move(platform));
}

Program one_all_reduce(std::int64_t gpus, Algorithm algorithm) {
  return single_collective(gpus, {CollectiveKind::all_reduce, 0, Bytes{1073741824.0}, algorithm},
                           "all_reduce");
}

Job job_on(const Topology& machine, const PlatformDescription& platform, std::int64_t gpus) {
  Job job;
  job.machine = &machine;
  job.platform = &platform;
  job.gpus = gpus;
  job.nodes.resize(static_cast<std::size_t>(machine.nodes()));
  std::iota(job.nodes.begin(), job.nodes.end(), 0);
  return job;
}

void all_reduce(benchmark::State& state, Algorithm algorithm) {
  const std::int64_t gpus = state.range(0);
  for (auto _ : state) {
    const PlatformDescription platform = machine_of(gpus, 1);
    const Topology machine(platform);
    const Plan plan = make_plan(one_all_reduce(gpus, algorithm), job_on(machine, platform, gpus));
    state.counters["ms"] = run_flow(plan, machine).duration.value * 1e3;
  }
  report_peak(state);
}
BENCHMARK_CAPTURE(all_reduce, automatic, Algorithm::automatic)
    ->Arg(1024)
    ->Arg(16384)
    ->Arg(131072)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(all_reduce, ring, Algorithm::ring)
    ->Arg(1024)
    ->Arg(16384)
    ->Arg(131072)
    ->Unit(benchmark::kMillisecond);

// A step of a model like Llama 3 8B: layers over 8 GPUs, gradients over N/8, sequence 4096.
void llama_step(benchmark::State& state) {
  const std::int64_t gpus = state.range(0);
  static const Catalog catalog{std::filesystem::path(AIFSIM_ROOT)};
  const GpuDescription gpu = catalog.gpu("h100_sxm_80gb");
  ModelDescription model;
  model.layers = 32;
  model.hidden = 4096;
  model.heads = 32;
  model.kv_heads = 8;
  model.ffn_hidden = 14336;
  model.vocabulary = 128256;
  model.mlp = Mlp::swiglu;
  model.norm = NormKind::rms_norm;
  model.position = PositionEncoding::rotary;
  TrainingDescription training;
  training.sequence = 4096;
  training.micro_batch = 1;
  training.tensor_parallel = 8;
  training.sharding = Sharding::ddp;
  for (auto _ : state) {
    const PlatformDescription platform = machine_of(gpus, 1);
    const Topology machine(platform);
    Job job = job_on(machine, platform, gpus);
    job.gpu = &gpu;
    const Plan plan = make_plan(lower_training(model, training, {}, gpus), job);
    state.counters["ms"] = run_flow(plan, machine).duration.value * 1e3;
  }
  report_peak(state);
}
BENCHMARK(llama_step)->Arg(1024)->Arg(16384)->Unit(benchmark::kMillisecond);

// No symmetry: ranks on shuffled nodes below leaves oversubscribed 4:1, every pair of GPUs a transfer of its
// own, 20 % more or less in each.
void jitter(benchmark::State& state, Algorithm algorithm) {
  const std::int64_t gpus = state.range(0);
  for (auto _ : state) {
    const PlatformDescription platform = machine_of(gpus, 4);
    const Topology machine(platform);
    Job job = job_on(machine, platform, gpus);
    std::mt19937_64 generator(1);
    for (std::size_t i = job.nodes.size(); i > 1; --i)
      std::swap(job.nodes[i - 1], job.nodes[generator() % i]);
    job.folded = false;
    const Plan plan = make_plan(one_all_reduce(gpus, algorithm), job);
    const JobRun run{&plan, "job", Seconds{0}, 1};
    RunOptions options;
    options.jitter = {0.2, 1};
    state.counters["ms"] = run_jobs({&run, 1}, machine, Fidelity::flow, options).duration.value * 1e3;
  }
  report_peak(state);
}
BENCHMARK_CAPTURE(jitter, hierarchical, Algorithm::hierarchical)
    ->Arg(512)
    ->Arg(4096)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(jitter, ring, Algorithm::ring)->Arg(512)->Arg(4096)->Unit(benchmark::kMillisecond);

// Level message: every rank's every step a transfer of its own.
void messages(benchmark::State& state, CollectiveKind kind, Algorithm algorithm) {
  const std::int64_t gpus = state.range(0);
  const PlatformDescription platform = machine_of(gpus, 1);
  const Topology machine(platform);
  const Program program = single_collective(gpus, {kind, 0, Bytes{1073741824.0}, algorithm}, "collective");
  const Plan plan = make_plan(program, job_on(machine, platform, gpus));
  for (auto _ : state) state.counters["ms"] = run(plan, machine, Fidelity::message).duration.value * 1e3;
  state.counters["transfers"] = benchmark::Counter(static_cast<double>(transfers_of(plan)),
                                                   benchmark::Counter::kIsIterationInvariantRate);
  report_peak(state);
}
BENCHMARK_CAPTURE(messages, all_gather, CollectiveKind::all_gather, Algorithm::ring)
    ->Arg(128)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(messages, hierarchical, CollectiveKind::all_reduce, Algorithm::hierarchical)
    ->Arg(128)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aifsim
