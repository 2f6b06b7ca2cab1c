// Traffic of others that nothing waits for. It has no steps, so no metrics: what it lost is its slowdown. What its boards
// compute is not said, so that its power is a range.
#include <fmt/format.h>

#include "factory/job_kind.hpp"
#include "plan/background.hpp"

namespace aifsim {

const JobKind traffic_kind{
    "traffic", [](const JobDescription& job) { return job.traffic.has_value(); },
    [](const JobInputs& job) {
      const TrafficDescription& traffic = *job.description.traffic;
      return fmt::format("{} traffic at {:.0f} % load", name_of(traffic.pattern), 100 * traffic.load);
    },
    [](const PlacedJob& job, const Topology& machine, bool folded) {
      return make_background(*job.inputs->description.traffic, on_its_nodes(job, machine, folded),
                             job.seed + job.number);
    },
    [](const PlacedJob& job, const Plan& plan, JobFigures& figures) {
      add_facility(figures.metrics, figures.energy, job.platform->description, job.platform->gpu,
                   nodes_of_job(job, plan, figures.metrics), {});
    }};

}  // namespace aifsim
