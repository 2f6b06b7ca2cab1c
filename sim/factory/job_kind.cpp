#include "factory/job_kind.hpp"

#include <array>
#include <stdexcept>

#include "metrics/energy.hpp"

namespace aifsim {

const JobKind& kind_of(const JobDescription& job) {
  static const std::array kinds{&training_kind,      &collective_kind, &traffic_kind, &storage_kind,
                                &shared_device_kind, &hpl_kind,        &trace_kind};
  for (const JobKind* kind : kinds)
    if (kind->is(job)) return *kind;
  throw std::logic_error("a job of no kind");
}

NodesOfJob nodes_of_job(const PlacedJob& job, const Plan& plan, const Metrics& metrics) {
  const std::vector<SpannedPartition>& spanned = job.platform->description.spanned;
  if (spanned.empty()) return {{std::ssize(job.nodes)}};
  NodesOfJob on{std::vector<std::int64_t>(spanned.size()), {}};
  NodesInParts parts{spanned.size(), {}, job.platform->topology.gpus_per_node()};
  for (const std::int64_t node : job.nodes) {
    std::size_t at = 0;
    for (double end = *spanned[0].nodes; static_cast<double>(node) >= end && at + 1 < spanned.size();)
      end += *spanned[++at].nodes;
    ++on.nodes[at];
    parts.part_of.push_back(at);
  }
  on.boards = board_shares(job.platform->gpu, plan, Seconds{metrics[Metric::step_time].or_zero()}, parts);
  return on;
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
