#include "factory/training_draws.hpp"

#include <algorithm>
#include <cmath>

#include "base/hash.hpp"
#include "kernels/uncertainty.hpp"

namespace aifsim {
namespace {

std::uint64_t draw_of(const TrainingJob& job, std::size_t number) {
  return mixed(job.seed + mixed(number)) | 1;
}

}  // namespace

std::vector<Seconds> drawn_step_times(const TrainingJob& job, Seconds step, std::size_t count) {
  const double scale = step / analytical_duration(make_training_plan(job));
  std::vector<Seconds> times;
  for (std::size_t i = 0; i < count; ++i) {
    TrainingJob one = job;
    one.draw = draw_of(job, i);
    times.push_back(analytical_duration(make_training_plan(one)) *
                    (scale * std::exp(step_residual(job) * standard_normal(one.draw))));
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
