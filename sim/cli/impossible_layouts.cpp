#include "cli/impossible_layouts.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>

#include "catalog/file_kind.hpp"
#include "lowering/training/layout.hpp"

namespace aifsim {
namespace {

// A count that is a multiple of all that ranks are cut by.
std::int64_t fitting_count(const TrainingDescription& t) {
  const std::int64_t stage = std::lcm(t.tensor_parallel * t.context_parallel, t.expert_parallel);
  return stage * t.pipeline_parallel * std::max<std::int64_t>(1, t.shard_group) * t.local_groups;
}

// The first refusal where the layout goes on none of the counts.
std::optional<Problem> refusal_of(const ModelDescription& model, const TrainingDescription& training,
                                  std::span<const std::int64_t> counts, bool batch) {
  std::optional<Problem> first;
  for (const std::int64_t gpus : counts) try {
      layout_of(model, training, gpus);
      if (batch) micro_steps(model, training, gpus);
      return std::nullopt;
    } catch (const RefusedLayout& refused) {
      if (!first) first = refused.problem;
    }
  return first;
}

void add_of_scenario(const Catalog& catalog, const ScenarioDescription& scenario,
                     std::vector<Problem>& found) {
  if (!scenario.sweep.empty()) return;
  const auto add = [&](const ModelDescription& model, const TrainingDescription& training,
                       std::span<const std::int64_t> counts) {
    if (const auto refused = refusal_of(model, training, counts, true)) found.push_back(*refused);
  };
  if (!scenario.workload.empty() && !scenario.gpus.empty()) {
    const WorkloadDescription workload = catalog.workload(scenario.workload, scenario.workload_place);
    for (const Variant& variant : scenario.variants) add(workload.model, variant.training, scenario.gpus);
    if (scenario.variants.empty()) add(workload.model, workload.training, scenario.gpus);
  }
  for (const JobDescription& job : scenario.jobs) {
    if (job.workload.empty()) continue;
    const WorkloadDescription workload = catalog.workload(job.workload, job.workload_place);
    add(workload.model, job.training ? *job.training : workload.training, {&job.gpus, 1});
  }
}

}  // namespace

std::vector<Problem> impossible_layouts(const Catalog& catalog, const std::filesystem::path& file) {
  std::vector<Problem> found;
  try {
    const std::optional<CatalogKind> kind = kind_of_file(catalog, file);
    if (kind == CatalogKind::scenario) add_of_scenario(catalog, catalog.scenario(file), found);
    if (kind == CatalogKind::workload) {
      const WorkloadDescription workload = catalog.workload(std::filesystem::absolute(file).string());
      const std::int64_t count = fitting_count(workload.training);
      if (auto refused = refusal_of(workload.model, workload.training, {&count, 1}, false)) {
        if (refused->place.file == std::filesystem::absolute(file).string())
          refused->place.file = file.string();  // as it was called
        found.push_back(*refused);
      }
    }
  } catch (const InputError&) {
    // Mistakes are told as such.
  }
  return found;
}

}  // namespace aifsim
