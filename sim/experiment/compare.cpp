#include "experiment/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/hash.hpp"
#include "base/packed.hpp"
#include "catalog/partitions.hpp"
#include "catalog/words.hpp"
#include "catalog/yaml_text.hpp"
#include "experiment/build_id.hpp"
#include "experiment/inputs.hpp"

namespace aifsim {
namespace {

// As `aifsim search` has it without --top: how many are run again decides which is found.
const std::size_t searched_best = 3 * LayoutSearch{}.top;
constexpr std::size_t parts = 1000;  // of one proposal's progress

std::string bytes_of_answer(const SearchResult& found, const GroupTraffic& traffic) {
  const FoundLayout& best = found.best.front();
  Outcome outcome;
  FabricJob& job = outcome.run.jobs.emplace_back();
  job.gpus = best.choice.gpus;
  job.figures = best.figures;
  outcome.run.timeline.heat = best.links;
  Packer packer;
  packer.add(found.layouts, found.fitting, found.usable, best.choice, best.memory, best.step, best.energy,
             to_bytes(outcome), traffic.bytes, traffic.names.size());
  for (const std::string& name : traffic.names) packer.add(name);
  return packer.take();
}

void take_answer(Proposal& to, const std::string& bytes) {
  Unpacker unpacker(bytes);
  std::string outcome;
  unpacker.get(to.layouts, to.fitting, to.usable, to.best.choice, to.best.memory, to.best.step,
               to.best.energy, outcome, to.traffic.bytes);
  to.traffic.names.resize(unpacker.get<std::size_t>());
  for (std::string& name : to.traffic.names) unpacker.get(name);
  Outcome answer = outcome_from(outcome);
  to.best.figures = std::move(answer.run.jobs.front().figures);
  to.best.links = std::move(answer.run.timeline.heat);
}

class Comparing {
 public:
  Comparing(const Experiment& experiment, Store& store, const CompareProgress& progress)
      : experiment_(experiment),
        catalog_(experiment.catalog.reading_once()),
        store_(store),
        progress_(progress),
        inputs_(catalog_),
        build_(experiment.version + " " + build_id()) {}

  ProposalComparison run() {
    CaseOptions options = experiment_.options;
    options.budget = true;
    const std::vector<Case> cases =
        cases_of(catalog_, experiment_.scenario_file, experiment_.settings, options, build_);
    const ScenarioDescription& base = *cases.front().scenario;
    if (!base.jobs.empty())
      throw InputError(base.place,
                       "jobs share a fabric and are run together: `aifsim run` answers them; a "
                       "comparison needs workload and gpus");
    answer_.scenario = base.name;
    answer_.title = base.title;
    answer_.question = base.question;
    answer_.version = experiment_.version;
    answer_.fidelity = name_of(base.fidelity);
    answer_.seed = base.seed;
    answer_.budget = base.budget;
    for (const Case& c : cases) add(c);
    for (std::size_t work = 0; work < answer_.works.size(); ++work) name(work);
    name_sizes();
    store_.keep_only(build_);
    for (std::size_t i = 0; i < answer_.proposals.size(); ++i) search(i);
    for (std::size_t i = 0; i < answer_.proposals.size(); ++i)
      if (answer_.proposals[i].problem.empty()) tell_basis(i);
    return std::move(answer_);
  }

 private:
  // Swept values that tell the proposals of a work from each other are in their titles, those that all have in its
  // own.
  void name(std::size_t work) {
    std::vector<Proposal*> of_work;
    for (Proposal& p : answer_.proposals)
      if (p.work == work) of_work.push_back(&p);
    const auto& first = of_work.front()->at.point->values;
    std::vector<std::string> told = {"gpus", "workload", "training.tokens", "training.global_batch",
                                     "training.sequence"},
                             differs = told;
    for (const auto& swept : first) {
      const bool shared = std::ranges::all_of(
          of_work, [&](const Proposal* p) { return std::ranges::count(p->at.point->values, swept) > 0; });
      (shared ? told : differs).push_back(swept.first);
    }
    if (answer_.works.size() > 1 && !answer_.works[work].title.empty())
      if (const std::string shared = label_of(*of_work.front()->at.point, differs); !shared.empty())
        answer_.works[work].title += ", " + shared;
    for (Proposal* p : of_work) p->title = title_of(p->at, p->title, told);
  }

  // What tells the proposal from the others of its work.
  static std::string title_of(const Case& c, const std::string& platform,
                              const std::vector<std::string>& told) {
    const ScenarioDescription& s = *c.scenario;
    std::string title = s.platforms.size() > 1 ? platform : "";
    const auto add = [&](const std::string& text) {
      if (!text.empty()) title += (title.empty() ? "" : ", ") + text;
    };
    if (s.variants.size() > 1) add(s.variants[c.variant].label);
    add(label_of(*c.point, told));
    return title.empty() ? platform : title;
  }

  // Of proposals that differ in their GPU counts.
  void name_sizes() {
    std::vector<bool> twice;
    for (const Proposal& p : answer_.proposals)
      twice.push_back(std::any_of(answer_.proposals.begin(), answer_.proposals.end(), [&](const Proposal& q) {
        return q.work == p.work && q.title == p.title && q.at.gpus != p.at.gpus;
      }));
    for (std::size_t i = 0; i < twice.size(); ++i)
      if (Proposal& p = answer_.proposals[i]; twice[i]) p.title += fmt::format(", {} GPUs", p.at.gpus);
  }

  // A name of the catalogue, or where the file stands.
  std::string from_elsewhere(CatalogKind kind, const std::string& name, const Place& asked_at) const {
    const PlatformName parts_of_name = split_platform_name(name);
    const bool platform = kind == CatalogKind::platform;
    const std::string file = platform ? std::string(parts_of_name.platform) : name;
    const std::string partition = platform ? std::string(parts_of_name.partition) : "";
    if (file.find('/') == std::string::npos && !is_description_file(file) && !file.ends_with(".json"))
      return name;
    return with_partition(
        std::filesystem::absolute(catalog_.path(kind, file, asked_at)).lexically_normal().string(),
        partition);
  }

  void add(const Case& c) {
    const ScenarioDescription& s = *c.scenario;
    Proposal one;
    one.at = c;
    one.sizes = {c.gpus};
    ProposalWork work;
    try {
      const PlatformDescription platform =
          catalog_.platform(s.platforms[c.platform], s.platform_place(c.platform), c.point->platform);
      one.title = platform.title;
      if (s.budget) buy(one, *s.budget, platform);
      one.platform =
          from_elsewhere(CatalogKind::platform, s.platforms[c.platform], s.platform_place(c.platform));
      const WorkloadDescription workload =
          catalog_.trained(catalog_.workload(s.workload, s.workload_place, c.point->workload),
                           s.variants[c.variant].training, c.point->training);
      one.workload = from_elsewhere(CatalogKind::workload, s.workload, s.workload_place);
      const TrainingDescription& training = workload.training;
      take_keys(one, training);
      work = {workload.name,
              workload.title,
              workload.model.network != nullptr,
              training.tokens.value * training.epochs,
              training.global_batch,
              training.sequence};
      check_work(s, work);
    } catch (const InputError& error) {
      if (c.point->values.empty()) throw;
      one.problem = error.what();
    }
    if (one.title.empty()) one.title = c.platform_label;
    auto& works = answer_.works;
    const auto known = std::find(works.begin(), works.end(), work);
    one.work = static_cast<std::size_t>(known - works.begin());
    if (known == works.end()) works.push_back(work);
    answer_.proposals.push_back(std::move(one));
  }

  void buy(Proposal& one, const BudgetDescription& budget, const PlatformDescription& platform) const {
    try {
      const GpuDescription gpu = catalog_.gpu(platform.node.gpu, platform.node.gpu_place, one.at.point->gpu);
      one.bought = purchase(budget, platform, gpu);
      one.sizes = sizes_within(one.bought->gpus, static_cast<std::int64_t>(*platform.node.gpus));
      one.at.gpus = one.sizes.front();
    } catch (const CannotAnswer& error) {
      one.problem = error.what();
    }
  }

  static void check_work(const ScenarioDescription& s, const ProposalWork& work) {
    const auto missing = [&](const char* key, const char* what) {
      throw InputError(
          s.place,
          fmt::format("training.{} is missing: {}; give it in a variant or the workload", key, what));
    };
    if (!(work.tokens > 0))
      missing("tokens", "proposals are compared by the time of a whole run, such as 2T");
    if (work.global_batch == 0) missing("global_batch", "proposals are compared at equal steps");
  }

  // What the scenario says of the training: layout keys stay, the others are told as they are.
  void take_keys(Proposal& one, const TrainingDescription& training) {
    const std::vector<std::string>& layout = layout_keys();
    auto given = entries_at(catalog_, experiment_.scenario_file, experiment_.settings,
                            fmt::format("variants.{}.training", one.at.variant));
    for (const Setting& s : one.at.point->training) given.emplace_back(s.path, yaml_of(*s.value));
    for (auto& [key, value] : given) {
      const std::string of = key == "shard_group"                                      ? "sharding"
                             : key == "recompute_layers" || key == "recompute_modules" ? "recompute"
                                                                                       : key;
      if (std::find(layout.begin(), layout.end(), of) != layout.end()) {
        if (std::find(one.kept.begin(), one.kept.end(), of) == one.kept.end()) one.kept.push_back(of);
        continue;
      }
      if (key == "stack") value = from_elsewhere(CatalogKind::stack, training.stack, training.stack_place);
      if (key == "teacher")
        value = from_elsewhere(CatalogKind::workload, training.teacher, training.teacher_place);
      one.training.emplace_back(key, value);
    }
  }

  // The machine and the figures that it stands on.
  void tell_basis(std::size_t number) {
    const Case& c = answer_.proposals[number].at;
    const ScenarioDescription& s = *c.scenario;
    const std::string& name = s.platforms[c.platform];
    const Place place = s.platform_place(c.platform);
    auto& machines = answer_.machines;
    auto machine = std::find_if(machines.begin(), machines.end(),
                                [&](const ComparedMachine& m) { return m.label == c.platform_label; });
    if (machine == machines.end()) {
      const PlatformDescription platform = catalog_.platform(name, place);
      const std::string whole(split_platform_name(name).platform);
      machine = machines.insert(machines.end(), {c.platform_label,
                                                 catalog_.partitions(whole, place),
                                                 catalog_.gpu(platform.node.gpu, platform.node.gpu_place),
                                                 platform,
                                                 false,
                                                 {}});
    }
    machine->proposals.push_back(number);
    const GpuDescription& gpu = machine->gpu;
    const NodeDescription& node = machine->platform.node;
    auto& to = answer_.inputs;
    add_inputs(to, catalog_, CatalogKind::platform, c.platform_label, name, place);
    add_inputs(to, catalog_, CatalogKind::gpu, gpu.name, node.gpu, node.gpu_place);
    const WorkloadDescription workload = catalog_.workload(s.workload, s.workload_place);
    add_inputs(to, catalog_, CatalogKind::workload, workload.name, s.workload, s.workload_place);
    const TrainingDescription training = catalog_.training(s.variants[c.variant].training, c.point->training);
    machine->narrow |= training.precision > Precision::fp16;
    add_inputs(to, catalog_, CatalogKind::stack, catalog_.stack(training.stack, training.stack_place).name,
               training.stack, training.stack_place);
  }

  void search(std::size_t number) {
    Proposal& one = answer_.proposals[number];
    const auto tell = [&](std::size_t done) {
      if (progress_) progress_(number * parts + done, answer_.proposals.size() * parts, one.title);
    };
    tell(0);
    if (!one.problem.empty()) return;
    const std::string text =
        fmt::format("comparison of proposals {} on {}", one.at.hash, fmt::join(one.sizes, ","));
    const std::string hash = fmt::format("{:016x}{:016x}", hash_of(text), hash_of("again " + text));
    try {
      const CaseInputs in = inputs_(one.at);
      if (!store_.has(hash)) store_.add(hash, found(one, in, tell));
    } catch (const CannotAnswer& error) {
      one.problem = error.what();
      return;
    } catch (const InputError& error) {
      if (one.at.point->values.empty()) throw;
      one.problem = error.what();
      return;
    }
    const Store::Row row = *store_.find(hash);
    one.problem = row.problem;
    if (one.problem.empty()) take_answer(one, row.outcome);
  }

  Store::Row found(const Proposal& one, const CaseInputs& in,
                   const std::function<void(std::size_t)>& tell) const {
    const JobInputs& job = in.fabric.jobs.front();
    LayoutSearch search;
    search.platform = in.platform.get();
    search.workload = job.workload;
    search.workload.training.gradient_accumulation = 1;  // follows from the global batch
    search.stack = job.stack;
    search.gpus = one.sizes;
    search.kept = one.kept;
    search.top = 1;
    search.again = searched_best;
    search.front = false;
    search.fidelity = in.fabric.fidelity;
    search.placement = job.description.placement;
    search.seed = in.fabric.seed;
    search.workers = experiment_.workers;
    Store::Row row{build_, one.title, {}, {}};
    try {
      std::string phase;
      std::size_t phases = 0;  // that have begun, of three
      const SearchResult result =
          search_layouts(search, [&](const std::string& name, std::size_t done, std::size_t count) {
            if (name != phase) ++phases;
            phase = name;
            tell((std::min<std::size_t>(phases, 3) - 1) * parts / 3 +
                 parts / 3 * done / std::max<std::size_t>(1, count));
          });
      if (const FoundLayout& best = result.best.front(); best.problem.empty()) {
        FabricInputs fabric = in.fabric;
        take_layout(fabric.jobs.front(), best.choice);
        GroupTraffic traffic;
        with_plan(fabric, 0, [&](const Plan& plan) { traffic = group_traffic(plan); });
        row.outcome = bytes_of_answer(result, traffic);
      } else {
        row.problem = best.problem;
      }
    } catch (const CannotAnswer& error) {
      row.problem = error.what();
    }
    return row;
  }

  const Experiment& experiment_;
  Catalog catalog_;
  Store& store_;
  const CompareProgress& progress_;
  InputReader inputs_;
  std::string build_;
  ProposalComparison answer_;
};

double run_seconds(const Proposal& p) { return p.best.figures.metrics[Metric::run_time].value; }

}  // namespace

std::vector<std::size_t> ranked(const ProposalComparison& comparison, std::size_t work) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < comparison.proposals.size(); ++i)
    if (comparison.proposals[i].work == work) all.push_back(i);
  std::stable_sort(all.begin(), all.end(), [&](std::size_t a, std::size_t b) {
    const Proposal &x = comparison.proposals[a], &y = comparison.proposals[b];
    if (!x.problem.empty() || !y.problem.empty()) return x.problem.empty() && !y.problem.empty();
    return run_seconds(x) < run_seconds(y);
  });
  return all;
}

bool bands_meet(const Proposal& a, const Proposal& b, Metric metric) {
  const Measure &x = a.best.figures.metrics[metric], &y = b.best.figures.metrics[metric];
  if (std::isnan(x.p10) || std::isnan(y.p10)) return false;
  return x.p10 <= y.p90 && y.p10 <= x.p90;
}

ProposalComparison compare(const Experiment& experiment, Store& store, const CompareProgress& progress) {
  return Comparing(experiment, store, progress).run();
}

void add_influence(ProposalComparison& comparison, const Experiment& experiment, Store& store,
                   const CompareProgress& progress) {
  comparison.influence = study_influence(experiment.catalog.reading_once(), comparison.proposals, store,
                                         experiment.version + " " + build_id(), experiment.workers, progress);
}

}  // namespace aifsim
