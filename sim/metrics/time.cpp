#include "metrics/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aifsim {
Seconds mean_step(const Timeline& timeline, Seconds start) {
  if (timeline.step_ends.empty()) return Seconds{0};
  return (timeline.step_ends.back() - start) / static_cast<double>(timeline.step_ends.size());
}

void add_step_times(Metrics& metrics, const Timeline& timeline, Seconds start) {
  if (timeline.step_ends.empty()) return;
  metrics[Metric::step_time].value = mean_step(timeline, start).value;
  Seconds compute, communication, exposed;
  PhaseTimes phases{};
  bool known = false;
  for (const RoleTrack& role : timeline.roles) {
    if (role.times.steps == 0) continue;
    const auto steps = static_cast<double>(role.times.steps);
    known = true;
    compute = std::max(compute, role.times.compute / steps);
    communication = std::max(communication, role.times.communication / steps);
    exposed = std::max(exposed, role.times.exposed / steps);
    for (std::size_t i = 0; i < step_phases; ++i)
      phases[i] = std::max(phases[i], role.times.phases[i] / steps);
  }
  if (!known) return;
  metrics[Metric::compute_time].value = compute.value;
  metrics[Metric::communication_time].value = communication.value;
  metrics[Metric::exposed_communication].value = exposed.value;
  const double generation = phases[static_cast<std::size_t>(StepPhase::generation)],
               scoring = phases[static_cast<std::size_t>(StepPhase::scoring)];
  if (!(generation > 0)) return;
  metrics[Metric::generation_time].value = generation;
  metrics[Metric::scoring_time].value = scoring;
  metrics[Metric::training_time].value = metrics[Metric::step_time].value - generation - scoring;
}

std::string phases_in_a_line(const Metrics& metrics) {
  if (!metrics.has(Metric::generation_time)) return "";
  const auto percent = [&](Metric phase) {
    return 100 * metrics[phase].value / metrics[Metric::step_time].value;
  };
  return fmt::format("generation {:.0f} %, scoring {:.0f} %, training {:.0f} %",
                     percent(Metric::generation_time), percent(Metric::scoring_time),
                     percent(Metric::training_time));
}

void add_band(Metrics& metrics, double log_sd) {
  const double z = 1.2815515655446004;  // 90 % quantile of the normal distribution: an 80 % band
  const double band = std::exp(z * log_sd);
  const Seconds step{metrics[Metric::step_time].value};
  add_band(metrics, step / band, Seconds{unknown}, step * band);
}

void add_band(Metrics& metrics, Seconds p10, Seconds p50, Seconds p90) {
  Measure& step = metrics[Metric::step_time];
  if (!step.known()) return;
  step.p10 = p10.value;
  step.p50 = p50.value;
  step.p90 = p90.value;
  for (const Metric rate : {Metric::tokens_per_second, Metric::mfu}) {
    Measure& m = metrics[rate];
    const auto at = [&](double time) { return m.value * std::pow(time / step.value, -1.0); };
    m.p10 = at(step.p90);
    m.p50 = at(step.p50);
    m.p90 = at(step.p10);
  }
  // A longer step makes all that a run takes longer, and draws for as long.
  for (const Metric total : {Metric::run_time, Metric::run_gpu_hours, Metric::run_energy, Metric::run_carbon,
                             Metric::run_electricity, Metric::run_cost}) {
    Measure& m = metrics[total];
    m.p10 = m.value * (step.p10 / step.value);
    m.p50 = m.value * (step.p50 / step.value);
    m.p90 = m.value * (step.p90 / step.value);
  }
}

}  // namespace aifsim
