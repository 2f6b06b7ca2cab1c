#include "factory/folded_step.hpp"

#include <cmath>
#include <vector>

#include "kernels/streaming.hpp"
#include "lowering/training/layout.hpp"
#include "metrics/energy.hpp"

namespace aifsim {
namespace {

constexpr double settled = 1e-4;  // of a period

// Of one role: what its kernels and their launches take.
struct Rates {
  double device = 0, host = 0;
  bool waits = false;  // for launches, somewhere
};

// How long each stream has waited for another the last time: where one falls behind, more with each micro-batch.
class LastWaits : public Listener {
 public:
  void ended(const StepEvent&) override {}
  void blocked(const BlockedEvent& b) override {
    if (b.role >= of_.size()) of_.resize(b.role + 1);
    std::vector<double>& streams = of_[b.role];
    if (b.stream >= streams.size()) streams.resize(b.stream + 1);
    streams[b.stream] = (b.end - b.start).value;
  }
  std::vector<std::vector<double>> take() { return std::move(of_); }

 private:
  std::vector<std::vector<double>> of_;  // by role and stream
};

struct Trial {
  FoldedStep step;
  std::vector<Rates> roles;
  std::vector<std::vector<double>> waits;
};

FoldedStep run(const TrainingJob& job, const Plan& plan, LastWaits* waits = nullptr) {
  Metrics metrics;
  metrics[Metric::step_time].value = analytical_duration(plan, waits).value;
  add_energy(metrics, job.platform->gpu, plan);
  return {Seconds{metrics[Metric::step_time].value}, Joules{metrics[Metric::energy].or_zero()}};
}

FoldedStep whole(TrainingJob job) {
  job.checked = true;
  return run(job, make_training_plan(job));
}

Trial tried(TrainingJob job, std::int64_t count) {
  if (auto& r = job.training.rollouts) r->in_all = static_cast<std::int64_t>(sequences_per_step(job));
  job.training.global_batch = 0;
  job.training.gradient_accumulation = count;
  job.checked = true;
  const Plan plan = make_training_plan(job);
  const double launch = launch_time(job.platform->gpu, job.stack.launch).value;
  LastWaits waits;
  Trial trial{run(job, plan, &waits), {}, {}};
  trial.waits = waits.take();
  for (const PlanRole& role : plan.roles) {
    Rates& rates = trial.roles.emplace_back();
    for (const PlanStream& stream : role.streams) {
      rates.waits = rates.waits || stream.name == "host";
      for_each_step(stream, [&](const PlanStep& step, std::int64_t times) {
        if (step.kind != StepKind::compute || launch == 0) return;
        const auto n = static_cast<double>(times);
        rates.device += n * step.burst.value;
        rates.host += n * (launch * static_cast<double>(step.kernels) + step.host.value);
      });
    }
  }
  return trial;
}

// Whether a host that is behind, or not yet, stays so with more micro-batches.
bool host_settled(const Trial& a, const Trial& b, Seconds slope) {
  for (std::size_t r = 0; r < a.roles.size(); ++r) {
    const double host = b.roles[r].host - a.roles[r].host, device = b.roles[r].device - a.roles[r].device;
    if (a.roles[r].waits != b.roles[r].waits) return false;
    if (host > (b.roles[r].waits ? slope.value * (1 + 1e-9) : device)) return false;
  }
  return true;
}

// Gradients that are reduced in each micro-batch may fall behind the passes.
bool reduces_each(const TrainingDescription& t) {
  const bool by_layer = t.sharding == Sharding::zero3 || t.sharding == Sharding::hsdp;
  return t.sharding == Sharding::zero2 || (by_layer && t.pipeline_parallel == 1);
}

// Whether no stream falls behind another: the two drift apart, and what they slow each other down comes and goes.
bool streams_settled(const Trial& a, const Trial& b, Seconds slope) {
  if (a.waits.size() != b.waits.size()) return false;
  for (std::size_t r = 0; r < a.waits.size(); ++r) {
    if (a.waits[r].size() != b.waits[r].size()) return false;
    for (std::size_t s = 0; s < a.waits[r].size(); ++s)
      if (!(std::abs(a.waits[r][s] - b.waits[r][s]) <= settled * slope.value)) return false;
  }
  return true;
}

}  // namespace

FoldedStep folded_step(const TrainingJob& job) {
  const TrainingDescription& t = job.training;
  const std::int64_t steps = micro_steps(job.model, t, job.gpus), stages = t.pipeline_parallel;
  const std::int64_t period = t.virtual_stages > 1 ? stages : 1;
  std::int64_t few = stages > 1 ? 2 * stages : 2;
  few += (steps - few) % period;
  if (t.pipeline_schedule == PipelineSchedule::gpipe || steps < 3 * few + 3 * period ||
      t.loader_tokens_per_second > 0 || t.data || !t.checkpoint.then.empty() || t.checkpoint.asynchronous)
    return whole(job);
  if (!job.beyond_memory) check_memory(job);
  const Trial one = tried(job, few), two = tried(job, few + period), three = tried(job, few + 2 * period);
  const FoldedStep &a = one.step, &b = two.step, &c = three.step;
  const Seconds first = b.step - a.step, second = c.step - b.step;
  if (!(std::abs((second - first) / second) <= settled) || !host_settled(two, three, second) ||
      (reduces_each(t) && !streams_settled(two, three, second)))
    return whole(job);
  const std::int64_t periods = (steps - few) / period;
  const double times = static_cast<double>(periods) / 2 - 1;  // of both
  return {c.step + times * (c.step - a.step), c.energy + times * (c.energy - a.energy)};
}

}  // namespace aifsim
