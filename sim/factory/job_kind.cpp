#include "factory/job_kind.hpp"

#include <array>
#include <stdexcept>

namespace aifsim {

const JobKind& kind_of(const JobDescription& job) {
  static const std::array kinds{&training_kind,      &collective_kind, &traffic_kind, &storage_kind,
                                &shared_device_kind, &hpl_kind,        &trace_kind};
  for (const JobKind* kind : kinds)
    if (kind->is(job)) return *kind;
  throw std::logic_error("a job of no kind");
}

Job on_its_nodes(const PlacedJob& job, const Topology& machine, bool folded) {
  Job on;
  on.machine = &machine;
  on.platform = &job.platform->description;
  on.gpu = &job.platform->gpu;
  on.nodes = job.nodes;
  on.gpus = job.inputs->description.gpus;
  on.folded = folded;
  return on;
}

}  // namespace aifsim
