#include "factory/training_draws.hpp"

#include <algorithm>
#include <cmath>

#include "base/hash.hpp"
#include "kernels/price_cache.hpp"
#include "lowering/training/lower.hpp"

namespace aifsim {
namespace {

// The kernels of a stream at other prices; like make_plan, neighbours of one label are one step.
void reprice(PlanStream& planned, const Stream& stream, PriceCache& prices, double sustained_speed) {
  auto step = planned.steps.begin();
  bool merging = false;
  for (const Operation& op : stream.operations) {
    const auto* kernel = std::get_if<Kernel>(&op.what);
    if (!kernel) {
      if (merging) ++step;
      merging = false;
      ++step;
      continue;
    }
    if (merging && step->label != op.label) {
      ++step;
      merging = false;
    }
    if (!merging) step->burst = Seconds{0};
    merging = true;
    step->burst += prices(kernel->op).time * static_cast<double>(kernel->count);
    step->time = step->burst / sustained_speed;
  }
}

std::uint64_t draw_of(const TrainingJob& job, std::size_t number) {
  return mixed(job.seed + mixed(number)) | 1;
}

}  // namespace

std::vector<Seconds> drawn_step_times(const TrainingJob& job, Seconds step, std::size_t count) {
  const PlatformInstance& platform = *job.platform;
  Plan plan = make_training_plan(job);
  const double scale = step / analytical_duration(plan);
  const SoftwareDescription& software = platform.description.software;
  const Program program = lower_training(job.model, job.training, software, job.gpus);
  std::vector<Seconds> times;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t draw = draw_of(job, i);
    const GpuDescription gpu = drawn(platform.gpu, draw);
    PriceCache prices(gpu, {}, draw);
    for (std::size_t r = 0; r < program.roles.size(); ++r)
      for (std::size_t s = 0; s < program.roles[r].streams.size(); ++s)
        reprice(plan.roles[r].streams[s], program.roles[r].streams[s], prices, *software.sustained_speed);
    times.push_back(analytical_duration(plan) *
                    (scale * std::exp(step_spread(job) * standard_normal(draw))));
  }
  std::sort(times.begin(), times.end());
  return times;
}

Seconds drawn_step(const TrainingJob& job, Fidelity fidelity, std::size_t number) {
  TrainingJob one = job;
  one.draw = draw_of(job, number);
  return run_training(one, fidelity).timeline.duration;
}

}  // namespace aifsim
