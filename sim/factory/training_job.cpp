#include "factory/training_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"

namespace aifsim {
namespace {

double gib(Bytes b) { return b.value / (1024.0 * 1024 * 1024); }

using Intervals = std::vector<std::pair<double, double>>;

// Sorted and merged.
Intervals busy(const RoleTrack& role, bool communication) {
  Intervals found;
  for (const auto& stream : role.streams)
    for (const auto& span : stream.spans) {
      const bool is_communication = span.kind == SpanKind::communication;
      const bool is_compute = span.kind == SpanKind::compute;
      if (communication ? is_communication : is_compute) found.emplace_back(span.start.value, span.end.value);
    }
  std::sort(found.begin(), found.end());
  Intervals merged;
  for (const auto& i : found) {
    if (!merged.empty() && i.first <= merged.back().second)
      merged.back().second = std::max(merged.back().second, i.second);
    else
      merged.push_back(i);
  }
  return merged;
}

double length(const Intervals& all) {
  double sum = 0;
  for (const auto& [a, b] : all) sum += b - a;
  return sum;
}

double overlap(const Intervals& a, const Intervals& b) {
  double sum = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    sum += std::max(0.0, std::min(a[i].second, b[j].second) - std::max(a[i].first, b[j].first));
    a[i].second < b[j].second ? ++i : ++j;
  }
  return sum;
}

}  // namespace

PlatformInstance::PlatformInstance(PlatformDescription d, GpuDescription g)
    : description(std::move(d)), gpu(std::move(g)), topology(description) {}

// The one measured run above this share, 13B on 8 GPUs (88 %), took 1.6 times as long as its neighbours let expect on
// Leonardo and 1.1 times on MareNostrum 5: fragments and the optimizer's temporaries make the allocator start over.
bool MemoryCheck::tight() const { return use.total().value > 0.85 * usable.value; }

MemoryCheck check_memory(const TrainingJob& job) {
  MemoryCheck check;
  check.use = training_memory(job.model, job.training, job.gpus);
  check.usable = *job.platform->gpu.memory * *job.platform->gpu.usable_memory;
  if (check.use.total() <= check.usable) return check;
  throw CannotAnswer(fmt::format(
      "does not fit in memory: {:.1f} GiB per GPU needed (parameters {:.1f} + gradients {:.1f} + optimizer {:.1f} + "
      "activations {:.1f} + buffers {:.1f}), {:.1f} GiB usable of {:.1f} GiB on {}; a smaller micro_batch, "
      "recompute: full or more GPUs per shard would lower it",
      gib(check.use.total()), gib(check.use.parameters), gib(check.use.gradients), gib(check.use.optimizer),
      gib(check.use.activations), gib(check.use.buffers), gib(check.usable), gib(*job.platform->gpu.memory),
      job.platform->gpu.name));
}

Plan make_training_plan(const TrainingJob& job) {
  check_memory(job);
  const PlatformInstance& p = *job.platform;
  Job placed;
  placed.machine = &p.topology;
  placed.platform = &p.description;
  placed.gpu = &p.gpu;
  placed.gpus = job.gpus;
  placed.nodes = place_job(job.placement, job.gpus, p.topology, job.seed);
  return make_plan(lower_training(job.model, job.training, p.description.software, job.gpus), placed);
}

TrainingFigures figures_of(const TrainingJob& job, const Timeline& timeline) {
  TrainingFigures f;
  f.step_time = timeline.duration;
  const double z = 1.2815515655446004;  // 90 % quantile of the normal distribution
  const double band = std::exp(z * *job.platform->description.calibration.log_residual_sd);
  f.step_time_p10 = f.step_time / band;
  f.step_time_p90 = f.step_time * band;
  const double sequences = static_cast<double>(job.gpus * job.training.micro_batch * job.training.gradient_accumulation);
  f.tokens_per_second = sequences * static_cast<double>(job.training.sequence) / f.step_time.value;
  const auto peak = job.platform->gpu.peak.find(job.training.precision);
  if (peak != job.platform->gpu.peak.end())
    f.mfu = model_flops(job.model, job.training.sequence).value * sequences /
            (f.step_time.value * peak->second->value * static_cast<double>(job.gpus));
  for (const auto& role : timeline.roles) {
    const Intervals compute = busy(role, false), communication = busy(role, true);
    f.compute_time = std::max(f.compute_time, Seconds{length(compute)});
    f.communication_time = std::max(f.communication_time, Seconds{length(communication)});
    f.exposed_communication =
        std::max(f.exposed_communication, Seconds{length(communication) - overlap(communication, compute)});
  }
  return f;
}

}  // namespace aifsim
