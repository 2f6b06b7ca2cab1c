#include "factory/training_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "catalog/words.hpp"
#include "factory/stragglers.hpp"
#include "kernels/price.hpp"
#include "kernels/streaming.hpp"
#include "kernels/uncertainty.hpp"
#include "lowering/training/host_state.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/network.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/rollouts.hpp"
#include "machine/power_bounds.hpp"

namespace aifsim {
namespace {

double gib(Bytes b) { return b.value / (1024.0 * 1024 * 1024); }

std::string in_front(const Place* place) { return place ? place->str() + ": " : ""; }

}  // namespace

PlatformInstance::PlatformInstance(PlatformDescription d, GpuDescription g)
    : description(std::move(d)), gpu(capped(std::move(g), description)), topology(description) {}

constexpr double tight = 0.95;        // of what is usable
constexpr double engine_share = 0.9;  // the same, that engines fill: vLLM's gpu_memory_utilization

bool is_tight(Bytes use, Bytes usable) { return use > tight * usable; }

namespace {

// Which hardware has the units, for those who must choose another.
const char* where_it_runs(Precision precision) {
  switch (precision) {
    case Precision::fp8:
    case Precision::fp8_current:
    case Precision::fp8_block:
      return "FP8 units came with Ada, Hopper, CDNA 3 and Gaudi 3";
    case Precision::mxfp8:
      return "units that scale blocks came with FP4, in Blackwell and CDNA 4";
    case Precision::nvfp4:
      return "NVFP4 units came with Blackwell";
    case Precision::tf32:
      return "TF32 units came with Ampere and CDNA 3";
    case Precision::bf16:
      return "BF16 units came with Ampere and CDNA";
    case Precision::fp16:
    case Precision::fp32:
      break;
  }
  return "its `peak` has no figure";
}

void check_precision(const TrainingDescription& t, const GpuDescription& gpu) {
  if (runs_on(gpu, t.precision)) return;
  std::string formats;
  for (std::size_t i = 0; i < catalog::words<Precision>().size(); ++i)
    if (const auto other = static_cast<Precision>(i); runs_on(gpu, other))
      formats += (formats.empty() ? "" : ", ") + std::string(name_of(other));
  throw CannotAnswer(
      fmt::format("{}precision {}: {} does not compute in it ({}); it trains in {}, and "
                  "`aifsim list gpus` tells the formats of the others",
                  in_front(t.keys.find("precision")), name_of(t.precision), gpu.name,
                  where_it_runs(t.precision), formats));
}

}  // namespace

namespace {

// Whether hosts and their drives hold what is offloaded, where the platform says how much they have.
void check_offload(const TrainingJob& job) {
  const OffloadDescription& offload = job.training.offload;
  const bool engines = job.training.rollouts && job.training.rollouts->offload;
  if (offload.optimizer == OffloadTo::none && offload.activations == OffloadTo::none && !engines) return;
  const std::string place = offload.place.file.empty() ? "" : offload.place.str() + ": ";
  const PlatformDescription& platform = job.platform->description;
  const auto& drives = platform.node.nvme;
  if (!drives && (offload.optimizer == OffloadTo::nvme || offload.activations == OffloadTo::nvme))
    throw CannotAnswer(fmt::format(
        "{}offload to nvme: the nodes of {} have no drives of their own (node.nvme); host would do", place,
        platform.name));
  const double gpus = static_cast<double>(std::min(job.platform->topology.gpus_per_node(), job.gpus));
  HostState state = host_state(job.model, job.training, job.stack, job.gpus);
  if (engines) state.memory += offloaded_state(trainer_memory(job.model, job.training, job.stack, job.gpus));
  const auto check = [&](Bytes of_gpu, Bytes there, const char* what) {
    if (there.value > 0 && of_gpu * gpus > there)
      throw CannotAnswer(fmt::format(
          "{}offload needs {:.0f} GiB of {} in each node, {} has {:.0f} GiB; more GPUs that share "
          "the state, or less that is offloaded, would lower it",
          place, gib(of_gpu * gpus), what, platform.name, gib(there)));
  };
  check(state.memory, platform.node.memory, "host memory");
  if (drives) check(state.drives, drives->capacity, "drives");
}

}  // namespace

namespace {

void check_run(const TrainingJob& job) {
  const TrainingDescription& t = job.training;
  if (t.tokens.value == 0) return;
  const double run = t.tokens.value * t.epochs, step = sequences_per_step(job) * tokens_of_sequence(t);
  if (run < step)
    throw CannotAnswer(
        fmt::format("{}tokens: a run of {:.10g} is less than one step, which has {:.10g} on {} GPUs",
                    in_front(t.keys.find("tokens")), run, step, job.gpus));
}

}  // namespace

namespace {

// Ranks that exchange in every layer: inside a node, or whole nodes of them. `degrees`: whose product they are.
void check_group(const Place& place, std::initializer_list<std::pair<const char*, std::int64_t>> degrees,
                 std::int64_t per_node) {
  std::int64_t gpus = 1;
  std::string told;
  for (const auto& [key, degree] : degrees) {
    gpus *= degree;
    if (degree > 1) told += fmt::format("{}{} {}", told.empty() ? "" : " x ", key, degree);
  }
  if (per_node % gpus == 0 || gpus % per_node == 0) return;
  const bool several = told.find(" x ") != std::string::npos;
  throw CannotAnswer(
      Problem{place, fmt::format("{} {} a group of {} GPUs, which neither divides the {} GPUs of a node nor "
                                 "fills whole nodes; {}a divisor of {} or a multiple of it would",
                                 told, several ? "make" : "makes", gpus, per_node,
                                 several ? "a product that is " : "", per_node)}
          .str());
}

}  // namespace

void check_expressible(const TrainingJob& job) {
  const TrainingDescription& t = job.training;
  check_precision(t, job.platform->gpu);
  check_run(job);
  if (const Dtype d = t.gradient_precision; d != Dtype::bf16 && d != Dtype::fp16 && d != Dtype::fp32)
    throw CannotAnswer(
        Problem{t.place_of("gradient_precision"),
                fmt::format("gradient_precision: gradients in {} are not modelled yet; bf16, fp16 "
                            "and fp32 are",
                            name_of(d))}
            .str());
  const std::int64_t per_node = job.platform->topology.gpus_per_node();
  check_offload(job);
  if (t.stragglers.ranks > job.gpus)
    throw CannotAnswer(fmt::format("{}stragglers: {} ranks that are slower are more than the {} of the job",
                                   t.stragglers.place.file.empty() ? "" : t.stragglers.place.str() + ": ",
                                   t.stragglers.ranks, job.gpus));
  check_group(t.place_of("tensor_parallel"),
              {{"tensor_parallel", t.tensor_parallel}, {"context_parallel", t.context_parallel}}, per_node);
  if (t.shard_group > 0)
    check_group(t.place_of("shard_group"),
                {{"shard_group", t.shard_group}, {"tensor_parallel", t.tensor_parallel}}, per_node);
  if (t.rollouts)
    check_group(t.rollouts->place, {{"rollouts.tensor_parallel", t.rollouts->tensor_parallel}}, per_node);
  constexpr std::int64_t most = 300000;
  const std::int64_t steps = micro_steps(job.model, t, job.gpus);
  const std::int64_t layers = job.model.network ? blocks_of(*job.model.network) : job.model.layers;
  const double passes =
      static_cast<double>(layers) / static_cast<double>(t.pipeline_parallel) * static_cast<double>(steps);
  if (passes > most)
    throw CannotAnswer(fmt::format(
        "{} layers{} x {} micro-steps are more than the {} that can be simulated", layers,
        t.pipeline_parallel > 1 ? fmt::format(" / {} stages", t.pipeline_parallel) : "", steps, most));
}

std::int64_t group_unit(const TrainingDescription& t) {
  return std::lcm(std::lcm(t.tensor_parallel * t.context_parallel, t.expert_parallel),
                  t.rollouts ? t.rollouts->tensor_parallel : 1);
}

PlacementDescription placement_of(const TrainingJob& job) {
  return in_segments(job.placement, job.gpus, group_unit(job.training), job.platform->topology);
}

Program program_of(const TrainingJob& job) {
  const TrainingDescription& t = job.training;
  const std::int64_t per_node = job.platform->topology.gpus_per_node();
  StackDescription stack = job.stack;
  stack.host_optimizer_rate.value /= static_cast<double>(std::min(per_node, job.gpus));  // of one GPU
  if (t.tensor_parallel > 1 && t.pipeline_parallel > 1 && job.gpus > per_node) {
    const Seconds more = *stack.host_per_tensor_rank * static_cast<double>(t.tensor_parallel);
    stack.host_per_layer.value += more;
    stack.host_per_expert_layer.value += more;
  }
  const std::int64_t further_nodes = (t.tensor_parallel - 1) / per_node;
  stack.host_per_tensor_exchange.value *= static_cast<double>(further_nodes);
  return lower_training(job.model, with_answers_that_fit(job), stack, job.gpus);
}

TrainingDescription with_answers_that_fit(const TrainingJob& job) {
  const Bytes usable = *job.platform->gpu.memory * *job.platform->gpu.usable_memory;
  return with_answers_in(engine_share * usable, job.model, job.training, job.stack, job.gpus);
}

MemoryCheck check_memory(const TrainingJob& job) { return check_memory(job, program_of(job)); }

MemoryCheck memory_of(const TrainingJob& job, const Program& program) {
  MemoryCheck check{{}, *job.platform->gpu.memory * *job.platform->gpu.usable_memory, {}};
  const std::vector<MemoryAccount> peaks = peak_memories(program);
  for (std::size_t r = 0; r < peaks.size(); ++r) {
    if (peaks[r].total() > check.use.total()) check.use = peaks[r];
    check.roles.push_back({program.roles[r].name, peaks[r]});
  }
  return check;
}

namespace {

// " on stage 0 of 4 (least on stage 3: 47.9)"; "" of one role.
std::string by_stage(const MemoryCheck& check) {
  if (check.roles.size() < 2) return "";
  const auto [least, most] =
      std::minmax_element(check.roles.begin(), check.roles.end(),
                          [](const auto& a, const auto& b) { return a.use.total() < b.use.total(); });
  return fmt::format(" on {} of {} (least on {}: {:.1f})", most->name, check.roles.size(), least->name,
                     gib(least->use.total()));
}

}  // namespace

MemoryCheck check_memory(const TrainingJob& job, const Program& program) {
  const MemoryCheck check = memory_of(job, program);
  if (check.use.total() <= check.usable) return check;
  throw DoesNotFit(fmt::format(
      "does not fit in memory: {:.1f} GiB per GPU needed{} (parameters {:.1f} + gradients {:.1f} + optimizer "
      "{:.1f} + "
      "activations {:.1f} + buffers {:.1f}), {:.1f} GiB usable of {:.1f} GiB on {}; {}{}offload{} or more "
      "GPUs per shard would lower it",
      gib(check.use.total()), by_stage(check), gib(check.use.parameters), gib(check.use.gradients),
      gib(check.use.optimizer), gib(check.use.activations), gib(check.use.buffers), gib(check.usable),
      gib(*job.platform->gpu.memory), job.platform->gpu.name,
      job.training.micro_batch > 1 ? "a smaller micro_batch, " : "",
      job.training.recompute == Recompute::full && job.training.recompute_layers == 0 ? ""
                                                                                      : "recompute: full, ",
      job.training.rollouts ? ", rollouts.offload, a wider rollouts.tensor_parallel, less at_once" : ""));
}

namespace {

// Calls `use` with the job's nodes and the machine, whose optical circuits are switched for the job.
template <class Use>
auto placed(const TrainingJob& job, Use use) {
  const Topology& built = job.platform->topology;
  std::vector<std::int64_t> nodes = place_job(placement_of(job), job.gpus, built, job.seed);
  const std::optional<Topology> wired = built.for_jobs({&nodes, 1});
  return use(std::move(nodes), wired ? *wired : built);
}

}  // namespace

Plan make_training_plan(const TrainingJob& job) {
  return placed(job, [&](std::vector<std::int64_t> nodes, const Topology& machine) {
    return make_training_plan(job, std::move(nodes), machine, true);
  });
}

TrainingRun run_training(const TrainingJob& job, Fidelity fidelity) {
  return placed(job, [&](std::vector<std::int64_t> nodes, const Topology& machine) {
    TrainingRun one{make_training_plan(job, std::move(nodes), machine, true), {}};
    one.timeline = run(one.plan, machine, fidelity);
    return one;
  });
}

Plan make_training_plan(const TrainingJob& job, std::vector<std::int64_t> nodes, const Topology& machine,
                        bool folded) {
  check_expressible(job);
  const Program program = program_of(job);
  if (!job.beyond_memory) check_memory(job, program);
  const PlatformInstance& p = *job.platform;
  Job placed;
  placed.machine = &machine;
  placed.platform = &p.description;
  const GpuDescription gpu = drawn(p.gpu, job.draw);
  placed.gpu = &gpu;
  placed.draw = job.draw;
  placed.launch = launch_time(p.gpu, job.stack.launch);
  if (job.training.rollouts) placed.graph_launch = launch_time(p.gpu, LaunchStyle::graph);
  placed.compute_slowdown = job.stack.compute_slowdown;
  placed.slowest = slowest_of(job.gpus / job.training.local_groups, job.training.stragglers);
  placed.busy = true;
  placed.gpus = job.gpus;
  placed.nodes = std::move(nodes);
  placed.folded = folded;
  placed.checked = job.checked;
  if (&machine == &p.topology) placed.router = p.routers.of(machine, placed.nodes, folded);
  return make_plan(program, placed);
}

double step_residual(const TrainingJob& job) {
  const CalibrationDescription& c = job.platform->description.calibration;
  const double beyond = c.largest_job > 0 ? std::log2(static_cast<double>(job.gpus) / c.largest_job) : 0;
  const double dense = c.log_residual_sd * (1 + std::max(0.0, beyond));
  if (job.training.rollouts) return std::max(dense, *c.rollouts_log_residual_sd);
  if (job.model.network) return std::max(dense, *c.networks_log_residual_sd);
  if (job.model.experts.count > 0) return std::max(dense, *c.experts_log_residual_sd);
  if (job.training.lora_rank > 0) return std::max(dense, *c.adapters_log_residual_sd);
  return dense;
}

double step_spread(const TrainingJob& job) {
  const double residual = step_residual(job);
  if (job.platform->description.calibration.rows > 0) return residual;
  const Price product =
      price(job.platform->gpu, Gemm{8192, 8192, 8192, 1, product_of(job.training.precision)});
  const bool carried_over = product.fit && !product.fit->from.empty();
  return carried_over ? std::hypot(residual, product.spread) : residual;
}

double sequences_per_step(const TrainingJob& job) {
  return static_cast<double>(layout_of(job.model, job.training, job.gpus).data * job.training.micro_batch *
                             micro_steps(job.model, job.training, job.gpus));
}

}  // namespace aifsim
