#include "report/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/statistics.hpp"
#include "factory/training_table.hpp"
#include "lowering/training/layout.hpp"
#include "report/batch_notes.hpp"

namespace aifsim {
namespace {

void add_inputs(Result& result, const Catalog& catalog, CatalogKind kind, const std::string& label,
                const std::string& name, const Place& asked_at) {
  const std::string object = fmt::format("{} {}", name_of(kind), label);
  for (const auto& input : result.inputs)
    if (input.object == object) return;
  for (const FigureRow& row : catalog.figures(catalog.path(kind, name, asked_at)))
    result.inputs.push_back({object, row.path, row.value, row.source, row.confidence});
}

std::string note_of(const MemoryCheck& memory, const TrainingJob& job) {
  std::string note;
  if (memory.tight())
    note = fmt::format("memory is tight ({:.0f} % of what is usable), the allocator may slow the step down",
                       100 * memory.use.total().value / memory.usable.value);
  const auto add = [&](const std::string& text) { note += (note.empty() ? "" : "; ") + text; };
  const CalibrationDescription& c = job.platform->description.calibration;
  const double gpus = static_cast<double>(job.gpus);
  if (c.rows == 0)
    add("no measured run stands behind this platform's constants");
  else if (gpus < c.smallest_job || gpus > c.largest_job)
    add(fmt::format("outside the {} to {} GPUs of the measured runs", *c.smallest_job, *c.largest_job));
  if (job.training.sharding != Sharding::zero3 && job.training.sharding != Sharding::hsdp)
    add("the measured runs are all FSDP (zero3, hsdp), so the band is not checked for this sharding");
  if (micro_steps(job.model, job.training, job.gpus) > 1) add("no measured run accumulates gradients");
  return note;
}

void fill(Point& point, const TrainingJob& job, Fidelity fidelity) {
  const auto begin = std::chrono::steady_clock::now();
  const TrainingRun one = run_training(job, fidelity);
  const MemoryCheck memory = check_memory(job);
  point.memory = {memory.use.parameters,  memory.use.gradients, memory.use.optimizer,
                  memory.use.activations, memory.use.buffers,   memory.usable};
  point.note = note_of(memory, job);
  point.timeline = one.timeline;
  const TrainingFigures f = figures_of(job, one.plan, point.timeline);
  point.energy = f.energy;
  point.step_time = f.step_time;
  point.step_time_p10 = f.step_time_p10;
  point.step_time_p90 = f.step_time_p90;
  point.tokens_per_second = f.tokens_per_second;
  point.tokens_per_step = sequences_per_step(job) * static_cast<double>(job.training.sequence);
  point.mfu = f.mfu;
  point.compute_time = f.compute_time;
  point.communication_time = f.communication_time;
  point.exposed_communication = f.exposed_communication;
  point.wall_time = Seconds{std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()};
}

// Where the variants of one platform differ in what another micro-batch would give.
void add_batch_notes(Result& result, const std::vector<std::pair<std::size_t, VariantJob>>& answered) {
  std::map<std::int64_t, std::vector<std::size_t>> by_gpus;  // of `answered`
  for (std::size_t i = 0; i < answered.size(); ++i) by_gpus[answered[i].second.job.gpus].push_back(i);
  for (const auto& [gpus, members] : by_gpus) {
    std::vector<VariantJob> variants;
    for (const std::size_t i : members) variants.push_back(answered[i].second);
    const std::vector<std::string> notes = batch_notes(variants);
    for (std::size_t i = 0; i < members.size(); ++i) {
      std::string& note = result.points[answered[members[i]].first].note;
      if (!notes[i].empty()) note += (note.empty() ? "" : "; ") + notes[i];
    }
  }
}

std::vector<double> seconds_of(const std::vector<Seconds>& times) {
  std::vector<double> values;
  for (const Seconds t : times) values.push_back(t.value);
  return values;
}

// Measured points that no point of the scenario would be drawn beside.
void check_measured(const ScenarioDescription& scenario) {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < scenario.measured.size(); ++i) {
    const MeasuredPoint& m = scenario.measured[i];
    if (std::find(scenario.gpus.begin(), scenario.gpus.end(), m.gpus) == scenario.gpus.end())
      problems.push_back(
          {m.place, fmt::format("measured on {} GPUs, which the scenario's gpus do not have", m.gpus)});
    for (std::size_t j = 0; j < i; ++j) {
      const MeasuredPoint& other = scenario.measured[j];
      if (other.platform == m.platform && other.variant == m.variant && other.gpus == m.gpus)
        problems.push_back(
            {m.place, fmt::format("{}, {}, {} GPUs is measured twice; the first stands at line {}",
                                  m.platform, m.variant, m.gpus, other.place.line)});
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
}

}  // namespace

Result answer(const ScenarioDescription& scenario, const Catalog& catalog, const std::string& version,
              const PointProgress& progress, std::size_t draws) {
  Result result;
  result.draws = draws;
  result.scenario = scenario.name;
  result.title = scenario.title;
  result.question = scenario.question;
  result.version = version;
  result.fidelity = name_of(scenario.fidelity);
  result.seed = scenario.seed;

  check_measured(scenario);
  const WorkloadDescription workload = catalog.workload(scenario.workload, scenario.workload_place);
  result.workload = workload.name;
  PlatformShelf shelf(catalog);
  const std::size_t count = scenario.platforms.size() * scenario.variants.size() * scenario.gpus.size();
  const std::vector<std::string> labels = scenario.platform_labels();
  for (std::size_t at = 0; at < scenario.platforms.size(); ++at) {
    const std::string& name = labels[at];
    const PlatformInstance* platform = shelf.find(scenario.platforms[at], scenario.platform_place(at));
    std::vector<std::pair<std::size_t, VariantJob>> answered;  // with their points
    for (const Variant& variant : scenario.variants) {
      for (const std::int64_t gpus : scenario.gpus) {
        Point point;
        point.platform = name;
        point.variant = variant.label;
        point.gpus = gpus;
        const std::int64_t per_node = platform->topology.gpus_per_node();
        point.nodes = (gpus + per_node - 1) / per_node;
        for (const MeasuredPoint& m : scenario.measured)
          if (m.platform == scenario.platforms[at] && m.variant == variant.label && m.gpus == gpus) {
            point.measured = *m.step_time;
            point.measured_source = m.step_time.source;
          }
        const std::string label = fmt::format("{}, {}, {} GPUs", name, variant.label, gpus);
        if (progress) progress(result.points.size() * (draws + 1), count * (draws + 1), label);
        TrainingJob job{platform, workload.model, variant.training, gpus, scenario.placement, scenario.seed};
        try {
          fill(point, job, scenario.fidelity);
          if (draws > 0) {
            const std::size_t done = result.points.size() * (draws + 1) + 1;
            const std::vector<Seconds> times =
                drawn_step_times(job, scenario.fidelity, draws, [&](std::size_t i) {
                  if (progress)
                    progress(done + i, count * (draws + 1), fmt::format("{}, draw {}", label, i + 1));
                });
            const auto quantile_at = [&](double share) {
              return Seconds{quantile(seconds_of(times), share)};
            };
            point.step_time_p10 = quantile_at(0.1);
            point.step_time_p50 = quantile_at(0.5);
            point.step_time_p90 = quantile_at(0.9);
          }
          answered.push_back({result.points.size(), {variant.label, job}});
        } catch (const CannotAnswer& error) {
          point.problem = error.what();
        }
        result.points.push_back(std::move(point));
      }
    }
    add_batch_notes(result, answered);
    const NodeDescription& node = platform->description.node;
    add_inputs(result, catalog, CatalogKind::platform, name, scenario.platforms[at],
               scenario.platform_place(at));
    add_inputs(result, catalog, CatalogKind::gpu, platform->gpu.name, node.gpu, node.gpu_place);
  }
  add_inputs(result, catalog, CatalogKind::workload, workload.name, scenario.workload,
             scenario.workload_place);
  return result;
}

}  // namespace aifsim
