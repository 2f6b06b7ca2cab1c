// One collective over and over: its bandwidths, and a band where it was fitted to measured collectives.
#include <fmt/format.h>

#include <array>

#include "base/nearest_word.hpp"
#include "base/quantity.hpp"
#include "base/quote.hpp"
#include "factory/collective_run.hpp"
#include "factory/job_kind.hpp"
#include "metrics/energy.hpp"
#include "metrics/throughput.hpp"
#include "metrics/time.hpp"

namespace aifsim {
namespace {

CollectiveKind collective_of(const CollectiveJobDescription& c) {
  constexpr std::array kinds{CollectiveKind::all_reduce,      CollectiveKind::all_gather,
                             CollectiveKind::reduce_scatter,  CollectiveKind::all_to_all,
                             CollectiveKind::expert_dispatch, CollectiveKind::expert_combine,
                             CollectiveKind::broadcast,       CollectiveKind::reduce,
                             CollectiveKind::gather,          CollectiveKind::scatter};
  std::vector<std::string_view> names;
  for (const CollectiveKind kind : kinds) {
    if (c.kind == name_of(kind)) return kind;
    names.emplace_back(name_of(kind));
  }
  throw InputError(c.place, fmt::format("collective.kind: expected a collective, found {}{}", quote(c.kind),
                                        suggestion(c.kind, names)));
}

std::string what(const JobInputs& job) {
  const CollectiveJobDescription& c = *job.description.collective;
  return fmt::format("{} of {}", c.kind, print(c.size));
}

Plan plan_collective(const PlacedJob& job, const Topology& machine, bool folded) {
  const CollectiveJobDescription& c = *job.inputs->description.collective;
  Job on = on_its_nodes(job, machine, folded);
  if (&machine == &job.platform->topology) on.router = job.platform->routers.of(machine, on.nodes, folded);
  return make_plan(single_collective(on.gpus, {collective_of(c), 0, c.size, c.algorithm}, what(*job.inputs)),
                   on);
}

void measure_collective(const PlacedJob& job, const Plan& plan, JobFigures& figures) {
  const CollectiveJobDescription& c = *job.inputs->description.collective;
  const std::int64_t ranks = job.inputs->description.gpus;
  add_bandwidth(figures.metrics, c.size, bus_factor(collective_of(c), ranks));
  if (const double spread = job.platform->description.communication.log_spread; spread > 0)
    add_band(figures.metrics, spread);
  add_energy(figures.metrics, job.platform->gpu, plan);
  add_facility(figures.metrics, figures.energy, job.platform->description, job.platform->gpu,
               nodes_of_job(job, plan, figures.metrics), {});
}

}  // namespace

const JobKind collective_kind{"collective",
                              [](const JobDescription& job) { return job.collective.has_value(); },
                              what,
                              plan_collective,
                              measure_collective,
                              [](const JobDescription& job) { collective_of(*job.collective); }};

}  // namespace aifsim
