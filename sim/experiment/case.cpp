#include "experiment/case.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/hash.hpp"
#include "catalog/document.hpp"
#include "catalog/words.hpp"
#include "lowering/hpl/hpl.hpp"
#include "lowering/trace/lower.hpp"

namespace aifsim {
namespace {

std::string text_of(const Settings& settings) {
  std::string text;
  for (const Setting& s : settings) text += fmt::format("{}={};", s.path, catalog::canonical(*s.value));
  return text;
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

class CaseMaker {
 public:
  CaseMaker(const Catalog& catalog, const std::filesystem::path& file, const Settings& settings,
            const CaseOptions& options, const std::string& build)
      : catalog_(catalog), file_(file), settings_(settings), options_(options), build_(build) {}

  std::vector<Case> make() {
    const ScenarioDescription base = catalog_.scenario(file_, settings_);
    check_measured(base);
    if (base.budget && !options_.budget)
      throw InputError(
          base.budget->place,
          "budget: it says how many GPUs each proposal of `aifsim compare` gets; here gpus must say it");
    ScenarioDescription without_axes = base;
    without_axes.sweep.clear();
    std::vector<SweepAxis> axes = base.sweep;
    // GPU counts are what curves are drawn over.
    std::stable_partition(axes.begin(), axes.end(), [](const SweepAxis& axis) {
      return axis.size() != 1 || axis.front().path != "gpus";
    });
    for (SweepPoint& point : sweep_points(axes)) {
      Point& made = points_.emplace_back();
      Settings all = settings_;
      all.insert(all.end(), point.scenario.begin(), point.scenario.end());
      try {
        made.scenario =
            seeds_alone(point.scenario) ? with_seed(without_axes, point.scenario) : scenario_at(all);
      } catch (const InputError& error) {  // values that do not go together: the point's cases say so
        made.scenario = std::make_shared<const ScenarioDescription>(without_axes);
        made.problem = error.what();
      }
      made.label = label_of(point);
      made.digest = scenario_digest(all) + text_of(point.training);
      made.seedless = without_seed(all);
      made.seedless_text = text_of(made.seedless);
      made.point = std::make_shared<const SweepPoint>(std::move(point));
    }
    const std::size_t variants = std::max<std::size_t>(1, base.variants.size());
    std::size_t count = 0;
    for (const Point& point : points_) count += std::max<std::size_t>(1, point.scenario->gpus.size());
    if (base.platforms.size() * variants * count > most_detailed)
      options_.details = options_.other_placements = false;
    for (std::size_t p = 0; p < base.platforms.size(); ++p)
      for (std::size_t v = 0; v < variants; ++v)
        for (const Point& point : points_) add(point, p, v);
    return std::move(cases_);
  }

 private:
  struct Point {
    std::shared_ptr<const ScenarioDescription> scenario;
    std::shared_ptr<const SweepPoint> point;
    std::string label, digest, problem;
    Settings seedless;  // of the scenario, without its seed, which changes nothing but the draws
    std::string seedless_text;
  };

  // Thousands of seeds need no reading of the scenario for each.
  static bool seeds_alone(const Settings& settings) {
    return !settings.empty() &&
           std::all_of(settings.begin(), settings.end(), [](const Setting& s) { return s.path == "seed"; });
  }
  static std::shared_ptr<const ScenarioDescription> with_seed(ScenarioDescription scenario,
                                                              const Settings& settings) {
    scenario.seed = std::stoull(settings.front().value->text);  // checked with the scenario
    return std::make_shared<const ScenarioDescription>(std::move(scenario));
  }

  std::shared_ptr<const ScenarioDescription> scenario_at(const Settings& settings) {
    auto& known = scenarios_[text_of(settings)];
    if (!known) known = std::make_shared<const ScenarioDescription>(catalog_.scenario_point(file_, settings));
    return known;
  }

  static Settings without_seed(Settings settings) {
    std::erase_if(settings, [](const Setting& s) { return s.path == "seed"; });
    return settings;
  }

  // What the scenario itself says that an answer depends on, beside platform, variant and GPUs.
  std::string scenario_digest(const Settings& settings) {
    const Settings seedless = without_seed(settings);
    std::string& known = digests_["scenario " + text_of(seedless)];
    if (known.empty())
      for (const char* key : {"jobs", "events", "jitter", "placement", "fidelity"})
        known += fmt::format("{}:{};", key, catalog_.part_of(file_, seedless, key));
    const auto seed =
        std::find_if(settings.rbegin(), settings.rend(), [](const Setting& s) { return s.path == "seed"; });
    if (seed != settings.rend()) return known + "seed:" + catalog::canonical(*seed->value) + ";";
    const auto [own, fresh] = digests_.try_emplace("seed");
    if (fresh) own->second = catalog_.part_of(file_, {}, "seed");
    return known + "seed:" + own->second + ";";
  }

  std::string variant_text(const Point& at, std::size_t v) {
    const auto [known, fresh] = digests_.try_emplace(fmt::format("variant {} {}", v, at.seedless_text));
    if (fresh) known->second = catalog_.part_of(file_, at.seedless, fmt::format("variants.{}.training", v));
    return known->second;
  }

  std::string digest(CatalogKind kind, const std::string& name, const Place& place,
                     const Settings& settings) {
    std::string& known =
        digests_[fmt::format("{} {} {} {}", static_cast<int>(kind), name, place.file, text_of(settings))];
    if (known.empty()) known = catalog_.digest(kind, name, place, settings);
    return known;
  }

  // Of the models that a training block names beside the trained one.
  std::string other_models_digest(const TrainingDescription& training) {
    std::string all;
    if (!training.teacher.empty())
      all += digest(CatalogKind::workload, training.teacher, training.teacher_place, {});
    if (const auto& r = training.rollouts; r && !r->reward_model.empty())
      all += digest(CatalogKind::workload, r->reward_model, r->reward_place, {});
    return all;
  }

  // Which stack it is, the training says.
  std::string stack_digest(const Point& at, std::size_t v) {
    std::string& known = digests_[fmt::format("stack {} {} {} {}", v, at.seedless_text,
                                              text_of(at.point->training), text_of(at.point->stack))];
    if (known.empty()) {
      const TrainingDescription training =
          catalog_.training(at.scenario->variants[v].training, at.point->training);
      known = digest(CatalogKind::stack, training.stack, training.stack_place, at.point->stack) +
              other_models_digest(training);
    }
    return known;
  }

  // The GPU's name and place are the platform's to say.
  std::string platform_digest(const ScenarioDescription& s, std::size_t p, const SweepPoint& point) {
    std::string all;
    for (const auto& [name, place] : s.platforms_of_jobs(p)) {
      const std::string key =
          fmt::format("platform {} {} {} {}", p, name, text_of(point.platform), text_of(point.gpu));
      std::string& known = digests_[key];
      if (known.empty()) {
        const PlatformDescription platform = catalog_.platform(name, place, point.platform);
        known = digest(CatalogKind::platform, name, place, point.platform) +
                digest(CatalogKind::gpu, platform.node.gpu, platform.node.gpu_place, point.gpu);
      }
      all += known;
    }
    return all;
  }

  void add(const Point& at, std::size_t p, std::size_t v) {
    const ScenarioDescription& s = *at.scenario;
    Case one;
    one.scenario = at.scenario;
    one.point = at.point;
    one.platform = p;
    one.variant = v;
    one.platform_label = s.platform_labels()[p];
    one.variant_label = s.jobs.empty() ? s.variants[v].label : "";
    if (!at.label.empty()) one.variant_label += (one.variant_label.empty() ? "" : ", ") + at.label;
    one.options = options_;
    one.problem = at.problem;
    std::string all = fmt::format("{}|{}|{}{}{}|", build_, options_.draws, options_.other_placements,
                                  options_.details, at.digest);
    try {
      all += platform_digest(s, p, *at.point);
      if (s.jobs.empty()) {
        all += digest(CatalogKind::workload, s.workload, s.workload_place, at.point->workload);
        all += variant_text(at, v);
        all += stack_digest(at, v);
      }
      for (const JobDescription& job : s.jobs)
        if (!job.workload.empty()) {
          all += digest(CatalogKind::workload, job.workload, job.workload_place, {});
          const TrainingDescription training =
              job.training ? *job.training : catalog_.workload(job.workload, job.workload_place).training;
          all += digest(CatalogKind::stack, training.stack, training.stack_place, at.point->stack) +
                 other_models_digest(training);
        }
      for (const JobDescription& job : s.jobs)
        if (job.trace) all += trace_digest(*job.trace, job.gpus);
    } catch (const InputError& error) {
      all += error.what();  // values that do not go together: the case says so
    }
    if (!s.jobs.empty()) {
      for (const JobDescription& job : s.jobs) one.gpus += job.gpus;
      finish(std::move(one), all);
      return;
    }
    for (const std::int64_t gpus : s.budget ? std::vector<std::int64_t>{0} : s.gpus) {
      one.gpus = gpus;
      finish(one, fmt::format("{}|{}", all, gpus));
    }
  }

  void finish(Case one, const std::string& all) {
    one.hash = fmt::format("{:016x}{:016x}", hash_of(all), hash_of("again " + all));
    cases_.push_back(std::move(one));
  }

  const Catalog& catalog_;
  const std::filesystem::path& file_;
  const Settings& settings_;
  CaseOptions options_;
  const std::string& build_;
  std::vector<Point> points_;
  std::map<std::string, std::shared_ptr<const ScenarioDescription>> scenarios_;
  std::map<std::string, std::string> digests_;
  std::vector<Case> cases_;
};

}  // namespace

std::string label_of(const SweepPoint& point, const std::vector<std::string>& elsewhere) {
  const auto tail = [](const std::string& path, int words) {
    std::size_t from = path.size();
    for (; words > 0 && from != std::string::npos && from > 0; --words) from = path.rfind('.', from - 1);
    return from == std::string::npos || from == 0 ? path : path.substr(from + 1);
  };
  std::string label;
  for (const auto& [path, value] : point.values) {
    if (std::find(elsewhere.begin(), elsewhere.end(), path) != elsewhere.end()) continue;
    int words = 1;
    for (const auto& [other, unused] : point.values)
      while (other != path && tail(path, words) != path && tail(other, words) == tail(path, words)) ++words;
    label += fmt::format("{}{} {}", label.empty() ? "" : ", ", tail(path, words), value);
  }
  return label;
}

std::vector<Case> cases_of(const Catalog& catalog, const std::filesystem::path& scenario_file,
                           const Settings& settings, const CaseOptions& options, const std::string& build) {
  return CaseMaker(catalog, scenario_file, settings, options, build).make();
}

std::shared_ptr<const PlatformInstance> InputReader::platform(const Case& c,
                                                              const ScenarioDescription::PlatformOfJob& of) {
  constexpr std::size_t most_kept = 8;
  const std::string key =
      fmt::format("{} {} {} {}", c.platform, of.name, text_of(c.point->platform), text_of(c.point->gpu));
  for (const auto& [known, platform] : platforms_)
    if (known == key) return platform;
  PlatformDescription description = catalog_.platform(of.name, of.place, c.point->platform);
  GpuDescription gpu = catalog_.gpu(description.node.gpu, description.node.gpu_place, c.point->gpu);
  auto made = std::make_shared<const PlatformInstance>(std::move(description), std::move(gpu));
  if (platforms_.size() == most_kept) platforms_.erase(platforms_.begin());
  platforms_.emplace_back(key, made);
  return made;
}

const WorkloadDescription& InputReader::workload(const Case& c) {
  const ScenarioDescription& s = *c.scenario;
  const std::string key = s.workload + " " + text_of(c.point->workload);
  if (workload_.first != key)
    workload_ = {key, catalog_.workload(s.workload, s.workload_place, c.point->workload)};
  return workload_.second;
}

const StackDescription& InputReader::stack_of(const TrainingDescription& training, const Settings& settings) {
  const std::string key =
      fmt::format("{} {} {}", training.stack, training.stack_place.file, text_of(settings));
  if (stack_.first != key) stack_ = {key, catalog_.stack(training.stack, training.stack_place, settings)};
  return stack_.second;
}

void InputReader::take_trace(JobInputs& made) {
  const JobDescription& job = made.description;
  const TraceDescription& t = *job.trace;
  const std::string key =
      fmt::format("{}|{}|{}|{}|{}", t.place.file, t.file, t.groups, fmt::join(t.dimensions, ","), job.gpus);
  if (trace_.key != key) {
    std::string note;
    auto program = std::make_shared<const Program>(lower_trace(t, job.gpus, &note));
    trace_ = {key, std::move(program), std::move(note)};
  }
  made.program = trace_.program;
  made.trace_note = trace_.note;
}

CaseInputs InputReader::operator()(const Case& c) {
  if (!c.problem.empty()) throw CannotAnswer(c.problem);
  const ScenarioDescription& s = *c.scenario;
  CaseInputs inputs{platform(c, s.platforms_of_jobs(c.platform).front()), {}};
  FabricInputs& fabric = inputs.fabric;
  fabric.platform = inputs.platform.get();
  fabric.seed = s.seed;
  fabric.fidelity = s.fidelity;
  if (s.jobs.empty()) {
    JobInputs job;
    job.description.gpus = c.gpus;
    job.description.workload = s.workload;
    job.description.placement = s.placement;
    job.workload = catalog_.trained(workload(c), s.variants[c.variant].training, c.point->training);
    job.stack = stack_of(job.workload.training, c.point->stack);
    fabric.jobs.push_back(std::move(job));
    return inputs;
  }
  fabric.events = s.events;
  fabric.jitter = s.jitter;
  for (const JobDescription& job : s.jobs) {
    JobInputs& made = fabric.jobs.emplace_back(JobInputs{job, {}, {}});
    if (job.trace) take_trace(made);
    if (auto own = platform(c, s.platform_of(c.platform, job)); own != inputs.platform)
      made.partition = std::move(own);
    if (job.hpl && job.gpus == 0)
      made.description.gpus = hpl_devices((made.partition ? made.partition : inputs.platform)->description);
    if (job.workload.empty()) continue;
    made.workload = catalog_.workload(job.workload, job.workload_place);
    if (job.training) made.workload = catalog_.trained(std::move(made.workload), *job.training, {});
    made.stack = stack_of(made.workload.training, c.point->stack);
  }
  return inputs;
}

}  // namespace aifsim
