#include "experiment/result_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "catalog/words.hpp"
#include "experiment/inputs.hpp"

namespace aifsim {
namespace {

// The tracks of one job among those of all.
Timeline tracks_of(const FabricJob& job, const Timeline& all) {
  Timeline own;
  own.duration = all.duration;
  for (const RoleTrack& role : all.roles)
    if (role.name.starts_with(job.name + " ")) own.roles.push_back(role);
  return own;
}

class ResultMaker {
 public:
  ResultMaker(const Experiment& experiment, const Catalog& catalog, const ScenarioDescription& base)
      : catalog_(catalog), base_(base) {
    result_.draws = experiment.options.draws;
    result_.version = experiment.version;
    result_.scenario = base.name;
    result_.title = base.title;
    result_.question = base.question;
    result_.fidelity = name_of(base.fidelity);
    result_.seed = base.seed;
    result_.placement = base.jobs.empty() ? std::string(catalog::word_of(base.placement.policy)) : "";
  }

  void add(const Case& c, Outcome&& outcome) {
    result_.details = result_.details && c.options.details;
    const bool single = c.scenario->jobs.empty();
    const std::pair<std::string, Place> workload{c.scenario->workload, c.scenario->workload_place};
    if (single && std::none_of(workloads_.begin(), workloads_.end(),
                               [&](const auto& known) { return known.first == workload.first; }))
      workloads_.push_back(workload);
    Point point;
    point.platform = c.platform_label;
    point.platform_title = title(c);
    point.variant = c.variant_label;
    point.values = c.point->values;
    point.gpus = c.gpus;
    point.problem = outcome.problem;
    point.wall_time = outcome.wall_time;
    if (single) {
      add_single(c, std::move(point), std::move(outcome));
      return;
    }
    JobsRun run{point.platform, point.platform_title, point.variant, point.values, point.problem, {}};
    if (!outcome.problem.empty()) result_.points.push_back(point);
    for (std::size_t j = 0; j < outcome.run.jobs.size(); ++j) {
      const FabricJob& job = outcome.run.jobs[j];
      Point& own = result_.points.emplace_back(point);
      take(own, job, c.scenario->jobs[j].placement);
      own.job = job.name;
      own.timeline = tracks_of(job, outcome.run.timeline);
    }
    run.run = std::move(outcome.run);
    result_.runs.push_back(std::move(run));
  }

  Result finish() {
    const std::vector<std::string> labels = base_.platform_labels();
    for (std::size_t i = 0; i < base_.platforms.size(); ++i) {
      add_inputs(result_.inputs, catalog_, CatalogKind::platform, labels[i], base_.platforms[i],
                 base_.platform_place(i));
      for (const auto& [name, place] : base_.platforms_of_jobs(i)) {
        const PlatformDescription platform = catalog_.platform(name, place);
        add_inputs(result_.inputs, catalog_, CatalogKind::gpu,
                   catalog_.gpu(platform.node.gpu, platform.node.gpu_place).name, platform.node.gpu,
                   platform.node.gpu_place);
      }
    }
    const auto add = [](std::string& to, const std::string& text) { to += (to.empty() ? "" : ", ") + text; };
    for (const auto& [name, place] : workloads_) {
      const WorkloadDescription workload = catalog_.workload(name, place);
      add(result_.workload, workload.name);
      add(result_.workload_title, workload.title);
      add_inputs(result_.inputs, catalog_, CatalogKind::workload, workload.name, name, place);
    }
    for (const Variant& variant : base_.variants) add_stack(variant.training);
    for (const JobDescription& job : base_.jobs) {
      if (job.workload.empty()) continue;
      const WorkloadDescription workload = catalog_.workload(job.workload, job.workload_place);
      add_inputs(result_.inputs, catalog_, CatalogKind::workload, workload.name, job.workload,
                 job.workload_place);
      add_stack(job.training ? *job.training : workload.training);
    }
    return std::move(result_);
  }

 private:
  void add_stack(const TrainingDescription& training) {
    add_inputs(result_.inputs, catalog_, CatalogKind::stack,
               catalog_.stack(training.stack, training.stack_place).name, training.stack,
               training.stack_place);
  }
  const std::string& title(const Case& c) {
    titles_.resize(std::max(titles_.size(), c.platform + 1));
    if (titles_[c.platform].empty())
      for (const auto& [name, place] : base_.platforms_of_jobs(c.platform))
        titles_[c.platform] +=
            (titles_[c.platform].empty() ? "" : " and ") + catalog_.platform(name, place).title;
    return titles_[c.platform];
  }

  static void take(Point& point, const FabricJob& job, const PlacementDescription& placement) {
    point.gpus = job.gpus;
    point.nodes = std::ssize(job.nodes);
    point.note = job.figures.note;
    point.metrics = job.figures.metrics;
    point.memory = job.figures.memory;
    point.stages = job.figures.stages;
    point.account = job.figures.account;
    point.energy_goes = job.figures.energy;
    point.placement = catalog::word_of(placement.policy);
    point.other_placements = job.other_placements;
    point.other_hashes = job.other_hashes;
  }

  void add_single(const Case& c, Point&& point, Outcome&& outcome) {
    const ScenarioDescription& s = *c.scenario;
    for (const MeasuredPoint& m : s.measured)
      if (m.platform == s.platforms[c.platform] && m.variant == s.variants[c.variant].label &&
          m.gpus == c.gpus) {
        point.measured = *m.step_time;
        point.measured_source = m.step_time.source;
      }
    if (outcome.problem.empty()) {
      take(point, outcome.run.jobs.front(), s.placement);
      point.timeline = std::move(outcome.run.timeline);
    } else {
      point.nodes = nodes_of(c);
    }
    result_.points.push_back(std::move(point));
  }

  // What the job would have, had it an answer; 0 where swept values do not go together.
  std::int64_t nodes_of(const Case& c) {
    try {
      const PlatformDescription platform =
          catalog_.platform(base_.platforms[c.platform], base_.platform_place(c.platform), c.point->platform);
      const auto per_node = static_cast<std::int64_t>(platform.node.gpus.value);
      return per_node > 0 ? (c.gpus + per_node - 1) / per_node : 0;
    } catch (const InputError&) {
      return 0;
    }
  }

  const Catalog& catalog_;
  const ScenarioDescription& base_;
  Result result_;
  std::vector<std::string> titles_;                       // by platform
  std::vector<std::pair<std::string, Place>> workloads_;  // a sweep may have several
};

}  // namespace

Result result_of(const Experiment& experiment, const Catalog& catalog, const std::vector<Case>& cases,
                 std::vector<Outcome>&& outcomes) {
  const ScenarioDescription& base = *cases.front().scenario;  // with what a sweep begins with
  ResultMaker maker(experiment, catalog, base);
  for (std::size_t i = 0; i < cases.size(); ++i) maker.add(cases[i], std::move(outcomes[i]));
  return maker.finish();
}

}  // namespace aifsim
