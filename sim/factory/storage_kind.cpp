// Files read or written over and over: staging, input pipelines, the phases of storage benchmarks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "factory/job_kind.hpp"
#include "lowering/storage/storage.hpp"
#include "metrics/energy.hpp"

namespace aifsim {
namespace {

std::string what(const JobInputs& job) {
  const StorageJobDescription& s = *job.description.storage;
  const bool reads = s.access == StorageAccess::read;
  return fmt::format("{} {:.4g} GB per GPU {} {}{}", reads ? "reading" : "writing", s.bytes.value / 1e9,
                     reads ? "from" : "to", s.shared ? "one file of " : "", s.tier);
}

// What the step before has read is worked on meanwhile.
Program program_of(const StorageJobDescription& s, std::int64_t ranks, const std::string& label) {
  Role role{"ranks", {}, {{"compute", {}}, {"data", {}}}};
  if (s.access == StorageAccess::read)
    role.streams[1].operations.push_back({Read{s.tier, s.bytes, s.files, s.shared}, label});
  else
    role.streams[1].operations.push_back({Write{s.tier, s.bytes, s.files, s.shared}, label});
  if (s.compute.value > 0)
    role.streams[0].operations.push_back({TimedKernel{unhindered_step(s, ranks)}, "compute"});
  role.streams[1].operations.push_back({Record{0}});
  role.streams[0].operations.push_back({Wait{0}});
  return {{Mesh({{"rank", ranks}})}, {}, {std::move(role)}, 1};
}

std::string in_decimal(Bytes size) {
  const bool peta = size >= Bytes{1e15}, tera = size >= Bytes{1e12};
  return fmt::format("{:.4g} {}B",
                     size.value / (peta   ? 1e15
                                   : tera ? 1e12
                                          : 1e9),
                     peta   ? "P"
                     : tera ? "T"
                            : "G");
}

// All ranks' files, where they lie: on a tier, or each node's own on its drives.
void check_capacity(const PlacedJob& job) {
  const StorageJobDescription& s = *job.inputs->description.storage;
  const PlatformDescription& platform = job.platform->description;
  const auto check = [&](std::int64_t ranks, Bytes capacity, const std::string& where) {
    const Bytes all = s.bytes * static_cast<double>(ranks);
    if (capacity.value > 0 && all > capacity)
      throw CannotAnswer(fmt::format("{}: {} of {} GPUs, {} each, are more than the {} that {} holds",
                                     s.place.str(), in_decimal(all), ranks, in_decimal(s.bytes),
                                     in_decimal(capacity), where));
  };
  const std::int64_t gpus = job.inputs->description.gpus;
  if (s.tier == node_drives && platform.node.nvme)
    check(std::min(gpus, job.platform->topology.gpus_per_node()), *platform.node.nvme->capacity,
          "the drives of a node");
  for (const StorageTierDescription& tier : platform.storage) {
    if (tier.name != s.tier) continue;
    check(gpus, *tier.capacity, tier.name);
    if (!s.shared || !tier.software.empty()) continue;
    std::vector<std::string> known;
    for (const FileSystemDescription& system : platform.file_systems) known.push_back(system.name);
    throw CannotAnswer(fmt::format(
        "{}: tier {} of {} does not say its software, on which it depends how processes share a file; "
        "software: {} in the platform's file would",
        s.place.str(), tier.name, platform.name,
        known.empty() ? "with file_systems beside it" : fmt::format("{}", fmt::join(known, ", "))));
  }
}

Plan plan_storage(const PlacedJob& job, const Topology& machine, bool folded) {
  check_capacity(job);
  Job on = on_its_nodes(job, machine, folded);
  if (&machine == &job.platform->topology) on.router = job.platform->routers.of(machine, on.nodes, folded);
  return make_plan(program_of(*job.inputs->description.storage, on.gpus, what(*job.inputs)), on);
}

void measure_storage(const PlacedJob& job, const Plan& plan, JobFigures& figures) {
  const StorageJobDescription& s = *job.inputs->description.storage;
  const double step = figures.metrics[Metric::step_time].or_zero();
  if (step > 0) {
    const double rate = s.bytes.value * static_cast<double>(job.inputs->description.gpus) / step;
    figures.metrics[Metric::storage_bandwidth].value = rate;
    figures.note = fmt::format("{:.4g} GB/s {} {}", rate / 1e9,
                               s.access == StorageAccess::read ? "read from" : "written to", s.tier);
    if (s.samples > 0)
      figures.note += fmt::format("; {:.5g} samples/s, accelerators compute {:.1f} % of the time",
                                  s.samples * static_cast<double>(job.inputs->description.gpus) / step,
                                  100 * s.compute.value / step);
  }
  add_energy(figures.metrics, job.platform->gpu, plan);
  add_facility(figures.metrics, figures.energy, job.platform->description, job.platform->gpu,
               nodes_of_job(job, plan, figures.metrics), {});
}

}  // namespace

const JobKind storage_kind{"storage", [](const JobDescription& job) { return job.storage.has_value(); }, what,
                           plan_storage, measure_storage};

}  // namespace aifsim
