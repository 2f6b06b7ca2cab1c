// What an execution trace tells: its program on another machine. Measured kernels keep their time; collectives, sends
// and receives are priced as those of any job.
#include <fmt/format.h>

#include <filesystem>

#include "factory/job_kind.hpp"
#include "lowering/trace/lower.hpp"
#include "metrics/energy.hpp"

namespace aifsim {
namespace {

Plan plan_trace(const PlacedJob& job, const Topology& machine, bool folded) {
  Job on = on_its_nodes(job, machine, folded);
  on.checked = true;
  on.busy = true;  // as a training job
  if (&machine == &job.platform->topology) on.router = job.platform->routers.of(machine, on.nodes, folded);
  return make_plan(*job.inputs->program, on);
}

void measure_trace(const PlacedJob& job, const Plan& plan, JobFigures& figures) {
  bool timed = false;
  for (const PlanRole& role : plan.roles)
    for (const PlanStream& stream : role.streams)
      for (const PlanStep& step : stream.steps) timed = timed || step.timed;
  if (timed) figures.note = "kernels keep the times of the trace, whatever the GPU";
  if (const std::string& note = job.inputs->trace_note; !note.empty())
    figures.note += (figures.note.empty() ? "" : "; ") + note;
  add_energy(figures.metrics, job.platform->gpu,
             plan);  // none where kernels are timed: nobody knows their power
  add_facility(figures.metrics, figures.energy, job.platform->description, job.platform->gpu,
               nodes_of_job(job, plan, figures.metrics), {});
}

}  // namespace

const JobKind trace_kind{"trace",
                         [](const JobDescription& job) { return job.trace.has_value(); },
                         [](const JobInputs& job) {
                           return "trace " +
                                  std::filesystem::path(job.description.trace->file).filename().string();
                         },
                         plan_trace,
                         measure_trace,
                         [](const JobDescription& job) { lower_trace(*job.trace, job.gpus); }};

}  // namespace aifsim
