// The choice of a level, and what all levels have in common.
#include <stdexcept>

#include "base/error.hpp"
#include "base/own_process.hpp"
#include "engine/engine.hpp"
#include "engine/simulated.hpp"
#include "engine/timeline_bytes.hpp"

namespace aifsim {
namespace {

// Jobs do not see each other: each takes its time alone.
JobsTimeline run_jobs_analytical(std::span<const JobRun> jobs, const RunOptions& options) {
  if (!options.changes.empty() || !options.reroutings.empty())
    throw CannotAnswer("level analytical knows no events; flow and message do");
  for (const JobRun& job : jobs)
    if (!job.plan->background.empty())
      throw CannotAnswer("level analytical knows no background traffic; flow and message do");
  JobsTimeline all;
  for (const JobRun& job : jobs) {
    Timeline t;
    const Seconds step = analytical_duration(*job.plan);
    for (std::int64_t i = 1; i <= job.steps; ++i)
      t.step_ends.push_back(job.start + step * static_cast<double>(i));
    t.duration = step * static_cast<double>(job.steps);
    all.duration = std::max(all.duration, job.start + t.duration);
    all.carried.push_back(carried_by(*job.plan, static_cast<double>(job.steps)));
    all.jobs.push_back(std::move(t));
  }
  return all;
}

// SimGrid's clock outlives its engine, and rounding depends on it: a process of its own for each simulation, so that
// the result is the same to the last bit whatever ran before.
template <class Run>
JobsTimeline simulated(Run run) {
  SimWorld::prepare();
  return jobs_timeline_from(in_own_process([&] { return to_bytes(run()); }));
}

}  // namespace

JobsTimeline run_jobs(std::span<const JobRun> jobs, const Topology& machine, Fidelity fidelity,
                      const RunOptions& options) {
  for (const JobRun& job : jobs)
    if (fidelity != Fidelity::analytical && job.rerouted.size() != options.reroutings.size())
      throw std::logic_error("a job needs a plan for each rerouting");
  switch (fidelity) {
    case Fidelity::analytical:
      return run_jobs_analytical(jobs, options);
    case Fidelity::flow:
      return simulated([&] { return run_jobs_flow(jobs, machine, options); });
    case Fidelity::message:
      return simulated([&] { return run_jobs_message(jobs, machine, options); });
  }
  throw std::logic_error("no such level");
}

Timeline run_flow(const Plan& plan, const Topology& machine) { return run(plan, machine, Fidelity::flow); }

Timeline run(const Plan& plan, const Topology& machine, Fidelity fidelity) {
  if (fidelity == Fidelity::analytical) return run_analytical(plan, machine);
  const JobRun job{&plan, "", Seconds{0}, 1};
  JobsTimeline all = run_jobs({&job, 1}, machine, fidelity);
  Timeline timeline = std::move(all.jobs.front());
  add_link_use(timeline, all.carried, machine, timeline.duration);
  return timeline;
}

}  // namespace aifsim
