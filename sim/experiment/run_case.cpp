#include "experiment/run_case.hpp"

#include <chrono>

#include "base/statistics.hpp"
#include "experiment/batch_notes.hpp"
#include "experiment/nearest_layouts.hpp"
#include "factory/placement_effect.hpp"
#include "factory/training_draws.hpp"
#include "metrics/time.hpp"

namespace aifsim {
namespace {

void add_draws(Metrics& metrics, const TrainingJob& job, std::size_t draws) {
  const Seconds step{metrics[Metric::step_time].value};
  std::vector<double> seconds;
  for (const Seconds time : drawn_step_times(job, step, draws)) seconds.push_back(time.value);
  const auto at = [&](double share) { return Seconds{quantile(seconds, share)}; };
  add_band(metrics, at(0.1), at(0.5), at(0.9));
}

// What is told only of a job that has the machine for itself.
void add_alone(Outcome& outcome, const Case& c, const FabricInputs& fabric) {
  const PlacedJob placed{fabric.platform, &fabric.jobs.front(), outcome.run.jobs.front().nodes, fabric.seed,
                         0};
  const TrainingJob job = training_job(placed);
  JobFigures& figures = outcome.run.jobs.front().figures;
  if (const std::string note = batch_note(job); !note.empty())
    figures.note += (figures.note.empty() ? "" : "; ") + note;
  if (c.options.draws > 0) add_draws(figures.metrics, job, c.options.draws);
}

}  // namespace

Outcome run_case(const Case& c, InputReader& read) {
  const auto begin = std::chrono::steady_clock::now();
  Outcome outcome;
  CaseInputs inputs;
  try {
    inputs = read(c);
    outcome.run = run_on_fabric(inputs.fabric);
    if (c.options.other_placements) {
      add_other_placements(outcome.run, inputs.fabric);
      add_other_hashes(outcome.run, inputs.fabric);
    }
    if (c.scenario->jobs.empty()) add_alone(outcome, c, inputs.fabric);
    if (!c.options.details) {
      outcome.run.timeline.roles.clear();
      outcome.run.timeline.heat.clear();
    }
  } catch (const DoesNotFit& error) {
    outcome.problem = error.what();
    // A job among others is told by its name alone.
    if (c.options.details && c.scenario->jobs.empty())
      if (const std::string fit = nearest_that_fit(
              training_job({inputs.platform.get(), &inputs.fabric.jobs.front(), {}, inputs.fabric.seed, 0}));
          !fit.empty())
        outcome.problem += ". These would fit: " + fit;
  } catch (const CannotAnswer& error) {
    outcome.problem = error.what();
  } catch (const InputError& error) {
    if (c.point->values.empty()) throw;
    outcome.problem = error.what();
  }
  outcome.wall_time =
      Seconds{std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
  return outcome;
}

}  // namespace aifsim
