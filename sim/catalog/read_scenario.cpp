#include "catalog/read_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/catalog.hpp"
#include "catalog/fields.hpp"
#include "catalog/read_workload.hpp"

namespace aifsim::catalog {
namespace {

// What is wrong in another file that this one uses.
template <class Load>
void append_problems_of(std::vector<Problem>& problems, const Load& load) {
  try {
    load();
  } catch (const InputError& error) {
    append(problems, error.problems());
  }
}

void check_platforms(const Catalog& catalog, Read<ScenarioDescription>& scenario) {
  const PlacementDescription& placement = scenario.description.placement;
  for (std::size_t i = 0; i < scenario.description.platforms.size(); ++i) {
    const std::string& name = scenario.description.platforms[i];
    const Place& place = scenario.description.platform_places[i];
    if (name.empty()) continue;  // told by the reader
    if (auto problem = unknown_name(catalog.search(), CatalogKind::platform, name, place)) {
      problem->message = fmt::format("platforms[{}]: {}", i, problem->message);
      scenario.problems.push_back(std::move(*problem));
      continue;
    }
    for (const auto& [platform_name, asked_at] : scenario.description.platforms_of_jobs(i))
      append_problems_of(scenario.problems, [&, &called = platform_name, &at = asked_at] {
        const PlatformDescription platform = catalog.platform(called, at);
        for (std::int64_t node : placement.nodes) {
          if (static_cast<double>(node) < platform.nodes) continue;
          scenario.problems.push_back(
              {placement.place,
               fmt::format("placement.nodes: there is no node {} in {}, which has {}, counted from 0", node,
                           called, platform.nodes.value)});
        }
        catalog.gpu(platform.node.gpu, platform.node.gpu_place);
      });
  }
}

// Tiers of storage and devices that no platform has. One that only some lack is told where a point runs.
void check_machine_names(const Catalog& catalog, Read<ScenarioDescription>& scenario) {
  const ScenarioDescription& s = scenario.description;
  std::set<std::string, std::less<>> known, devices;
  for (const SweepAxis& axis : s.sweep)
    for (const SweptField& field : axis)
      if (field.path.find(".nvme") != std::string::npos) known.insert(node_drives);
  for (std::size_t i = 0; i < s.platforms.size(); ++i)
    for (const auto& [name, asked_at] : s.platforms_of_jobs(i)) {
      const PlatformDescription platform = catalog.platform(name, asked_at);
      for (const StorageTierDescription& tier : platform.storage) known.insert(tier.name);
      if (platform.node.nvme) known.insert(node_drives);
      for (const SharedDeviceDescription& device : platform.devices) devices.insert(device.name);
    }
  const std::vector<std::string_view> names(known.begin(), known.end()),
      device_names(devices.begin(), devices.end());
  const auto check = [&](const std::string& tier, const char* key, const Place& place) {
    if (tier.empty() || known.contains(tier)) return;
    scenario.problems.push_back(
        {place,
         tier == node_drives
             ? fmt::format("{}: the nodes of no platform here have drives of their own (node.nvme)", key)
             : fmt::format("{}: no platform here has a storage tier {}{}", key, quote(tier),
                           suggestion(tier, names))});
  };
  const auto check_training = [&](const TrainingDescription& t) {
    check(t.checkpoint.tier, "checkpoint.tier", t.checkpoint.place);
    check(t.checkpoint.then, "checkpoint.then", t.checkpoint.place);
    if (t.data) check(t.data->tier, "data.tier", t.data->place);
  };
  for (const Variant& variant : s.variants) check_training(variant.training);
  for (const JobDescription& job : s.jobs) {
    if (job.storage) check(job.storage->tier, "storage.tier", job.storage->place);
    if (job.device && !devices.contains(job.device->name))
      scenario.problems.push_back(
          {job.device->place,
           fmt::format("device: no platform here has a device {}{}", quote(job.device->name),
                       suggestion(job.device->name, device_names))});
    if (job.training)
      check_training(*job.training);
    else if (!job.workload.empty())
      check_training(catalog.workload(job.workload, job.workload_place).training);
  }
}

void check_job_workloads(const Catalog& catalog, Read<ScenarioDescription>& scenario) {
  for (std::size_t i = 0; i < scenario.description.jobs.size(); ++i) {
    const JobDescription& job = scenario.description.jobs[i];
    if (job.workload.empty()) continue;
    if (auto problem =
            unknown_name(catalog.search(), CatalogKind::workload, job.workload, job.workload_place)) {
      problem->message = fmt::format("jobs[{}].workload: {}", i, problem->message);
      scenario.problems.push_back(std::move(*problem));
      continue;
    }
    append_problems_of(scenario.problems, [&] {
      WorkloadDescription workload = catalog.workload(job.workload, job.workload_place);
      if (job.training) catalog.trained(std::move(workload), *job.training, {});
    });
  }
}

// What jobs change of the training of their workloads.
void read_job_training(const Catalog& catalog, const Node& list, Read<ScenarioDescription>& scenario) {
  std::vector<JobDescription>& jobs = scenario.description.jobs;
  for (std::size_t i = 0; i < std::min(jobs.size(), list.items.size()); ++i) {
    const Node& item = list.items[i];
    const Node* change = item.is_map() ? item.find("training") : nullptr;
    if (!change || !change->is_map() || jobs[i].workload.empty()) continue;
    Reader reader;
    const Reader::Step of_jobs(reader, "jobs"), of_job(reader, i), of_training(reader, "training");
    try {
      jobs[i].training = catalog.workload(jobs[i].workload, jobs[i].workload_place).training;
    } catch (const InputError&) {
      continue;  // told with the workloads
    }
    read_training_change(reader, *change, *jobs[i].training);
    if (reader.problems.empty()) {
      check_stack(catalog, *jobs[i].training, reader.problems);
      find_other_models(catalog, *jobs[i].training, reader.problems);
    }
    append(scenario.problems, reader.problems);
    scenario.rows.insert(scenario.rows.end(), reader.rows.begin(), reader.rows.end());
  }
}

// Keys of training blocks that a sweep sets; of paths inside of one ("checkpoint.steps"), that one, too.
std::vector<std::string> swept_training_keys(const Node& root) {
  std::vector<std::string> keys;
  const auto take = [&](const Node& axes) {
    for (const Node::Entry& entry : axes.entries) {
      const std::string path = training_key(entry.key);
      const std::string key = path.substr(0, path.find_first_of(".["));
      if (!key.empty()) keys.push_back(key);
      if (path != key) keys.push_back(path);
    }
  };
  const Node* sweep = root.find("sweep");
  if (!sweep) return keys;
  take(*sweep);
  if (const Node* zip = sweep->find("zip")) {
    take(*zip);
    for (const Node& one : zip->items) take(one);
  }
  return keys;
}

// `swept`: see Reader::swept_training.
Read<ScenarioDescription> read_with_sweep(const Catalog& catalog, Document document,
                                          const std::filesystem::path& file, std::vector<std::string> swept) {
  std::vector<Problem> workload_problems;
  std::optional<WorkloadDescription> workload;
  const Node* name = document.root.find("workload");
  if (name && name->is_scalar() && !name->text.empty()) {
    if (auto problem = unknown_name(catalog.search(), CatalogKind::workload, name->text, name->place)) {
      problem->message = "workload: " + problem->message;
      workload_problems.push_back(std::move(*problem));
    } else {
      append_problems_of(workload_problems, [&] { workload = catalog.workload(name->text, name->place); });
    }
  }
  const Node* jobs = document.root.find("jobs");
  const Node list = jobs ? *jobs : Node{};
  Read<ScenarioDescription> result = read_document<ScenarioDescription>(
      std::move(document), file, workload ? &workload->training : nullptr, std::move(swept));
  append(result.problems, workload_problems);
  read_job_training(catalog, list, result);
  ScenarioDescription& scenario = result.description;
  if (result.problems.empty())
    for (Variant& variant : scenario.variants) {
      check_stack(catalog, variant.training, result.problems);
      find_other_models(catalog, variant.training, result.problems);
    }
  if (workload && scenario.variants.empty()) {
    scenario.variants.push_back({std::string(word_of(workload->training.sharding)), workload->training});
  }
  return result;
}

}  // namespace

Read<ScenarioDescription> read_scenario_alone(const Catalog& catalog, Document document,
                                              const std::filesystem::path& file) {
  std::vector<std::string> swept = swept_training_keys(document.root);
  return read_with_sweep(catalog, std::move(document), file, std::move(swept));
}

namespace {

// What the scenario is at the first point of its sweep.
Settings first_of_sweep(Document& document) {
  const Node* sweep = document.root.find("sweep");
  if (!sweep) return {};
  Reader reader;  // what is wrong is told when the whole scenario is read
  ScenarioDescription swept;
  sweep_field().read(reader, *sweep, swept);
  SweepPoint first = sweep_samples(swept.sweep).empty() ? SweepPoint{} : sweep_samples(swept.sweep).front();
  for (const Setting& setting : first.scenario)
    if (const Node::Entry* entry = document.root.find_entry(setting.path))
      document.problems.push_back(
          {entry->place, fmt::format("{} stands here and in the sweep, at line {}; leave one of them out",
                                     setting.path, setting.place.line)});
  return first.scenario;
}

// Problems that swept values make elsewhere say which they are.
std::vector<Problem> told_with(std::vector<Problem> problems, const SweepPoint& point,
                               const std::string& file) {
  std::string values;
  for (const auto& [path, value] : point.values)
    if (path.find('.') != std::string::npos)
      values += fmt::format("{}{} {}", values.empty() ? "" : ", ", path, value);
  for (Problem& problem : problems)
    if (problem.place.file != file && !values.empty())
      problem.message += fmt::format(" (in the sweep of {}, at {})", file, values);
  return problems;
}

std::string settings_text(const Settings& settings) {
  std::string text;
  for (const Setting& setting : settings) text += setting.path + "=" + canonical(*setting.value) + ";";
  return text;
}

// Values that do not go together; other mistakes go on.
template <class Load>
std::vector<Problem> clash_of(const Load& load) {
  try {
    load();
  } catch (const Clash& clash) {
    return clash.problems();
  }
  return {};
}

// Each value of a sweep in the description that it changes; each description once.
class SweepCheck {
 public:
  SweepCheck(const Catalog& catalog, Document document, const std::filesystem::path& file,
             const ScenarioDescription& base)
      : catalog_(catalog.reading_once()),
        document_(std::move(document)),
        swept_(swept_training_keys(document_.root)),
        file_(file),
        base_(base) {
    std::erase_if(document_.root.entries, [](const Node::Entry& entry) { return entry.key == "sweep"; });
  }

  // Points whose values do not go together are rows that say so, unless all are.
  std::vector<Problem> problems() {
    std::vector<Problem> problems, clashes;
    bool sound = base_.sweep.empty();
    for (const SweepPoint& point : sweep_samples(base_.sweep)) {
      append(problems, told_with(mistakes_at(point), point, file_.string()));
      sound = sound || clash_.empty();
      append(clashes, told_with(clash_, point, file_.string()));
    }
    if (!problems.empty()) return problems;
    if (!sound && !another_point_goes()) return clashes;
    return variants_without_a_point();
  }

 private:
  // What is wrong in itself; what clashes is in `clash_` then.
  std::vector<Problem> mistakes_at(const SweepPoint& point) {
    std::vector<Problem> found;
    clash_.clear();
    append_problems_of(found, [&] { check(point); });
    return found;
  }

  // Where each sampled point clashes, as of two values that need each other; of very many points none is tried.
  bool another_point_goes() {
    constexpr double most = 2000;
    double count = 1;
    for (const SweepAxis& axis : base_.sweep) count *= static_cast<double>(axis.front().values.size());
    if (count > most) return false;
    for (const SweepPoint& point : sweep_points(base_.sweep))
      if (mistakes_at(point).empty() && clash_.empty()) return true;
    return false;
  }

  // A seed is a number that goes with any other value: thousands of them need no reading of the scenario for each.
  bool seed_alone(const SweepPoint& point) {
    const auto seed = std::find_if(point.scenario.begin(), point.scenario.end(),
                                   [](const Setting& s) { return s.path == "seed"; });
    if (seed == point.scenario.end()) return false;
    std::string others;
    for (const Setting& s : point.scenario)
      if (s.path != "seed") others += settings_text({s});
    for (const Settings& of : {point.platform, point.gpu, point.workload, point.training, point.stack})
      others += "|" + settings_text(of);
    if (known_.try_emplace("but for the seed " + others).second) return false;
    Reader reader;
    const Reader::Step step(reader, "seed");
    ScenarioDescription read;
    for (const Field<ScenarioDescription>& field : table<ScenarioDescription>().fields)
      if (field.property.name == "seed") field.read(reader, *seed->value, read);
    if (!reader.problems.empty()) throw InputError(std::move(reader.problems));
    return true;
  }

  void check(const SweepPoint& point) {
    if (seed_alone(point)) return;
    if (!base_.jobs.empty() && !(point.workload.empty() && point.training.empty()))
      throw InputError(
          (point.workload.empty() ? point.training : point.workload).front().place,
          "a scenario with jobs has no workload of its own to change; jobs.NAME.training changes a "
          "job's, and jobs.NAME.workload takes another");
    const std::string scenario = settings_text(point.scenario);
    once("scenario", scenario, [&] { scenario_at(point); });
    if (!clash_.empty()) return;
    const ScenarioDescription& here = scenario_at(point);
    once("platform", settings_text(point.platform) + settings_text(point.gpu), [&] {
      for (std::size_t i = 0; i < here.platforms.size(); ++i)
        for (const auto& [name, asked_at] : here.platforms_of_jobs(i)) {
          const PlatformDescription platform = catalog_.platform(name, asked_at, point.platform);
          catalog_.gpu(platform.node.gpu, platform.node.gpu_place, point.gpu);
        }
    });
    if (!here.workload.empty())
      once("workload", settings_text(point.workload),
           [&] { catalog_.workload(here.workload, here.workload_place, point.workload); });
    for (const Variant& variant : here.variants)
      once("variant " + variant.label, settings_text(point.training) + settings_text(point.stack), [&] {
        TrainingDescription training;
        const auto clash = clash_of([&] { training = catalog_.training(variant.training, point.training); });
        // A variant need not go with each value: variants_without_a_point.
        if (clash.empty()) catalog_.stack(training.stack, training.stack_place, point.stack);
      });
    once("stack of jobs", settings_text(point.stack), [&] {
      for (const JobDescription& job : here.jobs) {
        if (job.workload.empty()) continue;
        const TrainingDescription training =
            job.training ? *job.training : catalog_.workload(job.workload, job.workload_place).training;
        catalog_.stack(training.stack, training.stack_place, point.stack);
      }
    });
  }

  // Reads what these values change, if there are any and it has not been read with them.
  template <class Load>
  void once(const std::string& what, const std::string& values, const Load& load) {
    if (values.empty()) return;
    const auto [known, fresh] = known_.try_emplace(what + " " + values);
    if (fresh) known->second = clash_of(load);
    append(clash_, known->second);
  }

  const ScenarioDescription& scenario_at(const SweepPoint& point) {
    if (point.scenario.empty()) return base_;
    if (const std::string text = settings_text(point.scenario); text != here_at_) {
      Document changed = document_;
      catalog::apply(point.scenario, changed);
      here_ = checked(read_with_sweep(catalog_, std::move(changed), file_, swept_), file_);
      here_at_ = text;
    }
    return here_;
  }

  // Variants that go with the workload at no point, as the first one says.
  std::vector<Problem> variants_without_a_point() {
    if (base_.workload.empty()) return {};
    std::vector<SweepAxis> axes = base_.sweep;
    std::erase_if(axes, [](const SweepAxis& axis) {
      return std::none_of(axis.begin(), axis.end(), [](const SweptField& field) {
        return field.path.starts_with("workload") || field.path.starts_with("training");
      });
    });
    std::vector<std::optional<std::vector<Problem>>> of_first(base_.variants.size());
    std::size_t open = of_first.size();
    for (const SweepPoint& point : sweep_points(axes)) {
      for (std::size_t v = 0; v < of_first.size(); ++v) {
        if (of_first[v] && of_first[v]->empty()) continue;
        std::vector<Problem> clash = clash_of([&] { train(v, point); });
        if (clash.empty()) --open;
        if (base_.variants.size() > 1 && !point.values.empty())
          for (Problem& problem : clash)
            problem.message += fmt::format(" (variant {})", quote(base_.variants[v].label));
        if (clash.empty() || !of_first[v]) of_first[v] = told_with(std::move(clash), point, file_.string());
      }
      if (open == 0) return {};
    }
    std::vector<Problem> problems;
    for (const auto& clash : of_first) append(problems, *clash);
    return problems;
  }

  void train(std::size_t variant, const SweepPoint& point) {
    const ScenarioDescription& here = scenario_at(point);
    catalog_.trained(catalog_.workload(here.workload, here.workload_place, point.workload),
                     here.variants[variant].training, point.training);
  }

  Catalog catalog_;
  Document document_;  // without its sweep
  std::vector<std::string> swept_;
  const std::filesystem::path& file_;
  const ScenarioDescription& base_;
  ScenarioDescription here_;
  std::string here_at_;                                // the values that here_ was read with
  std::map<std::string, std::vector<Problem>> known_;  // what was read, and how it clashes
  std::vector<Problem> clash_;                         // of the point that is checked
};

}  // namespace

Read<ScenarioDescription> read_scenario(const Catalog& catalog, Document document,
                                        const std::filesystem::path& file) {
  Document base = document;
  catalog::apply(first_of_sweep(base), base);
  Read<ScenarioDescription> result = read_scenario_alone(catalog, std::move(base), file);
  std::erase_if(result.rows, [](const FigureRow& row) { return row.source == set_by_scenario; });
  check_platforms(catalog, result);
  check_job_workloads(catalog, result);
  if (result.problems.empty()) check_machine_names(catalog, result);
  if (result.problems.empty())
    append(result.problems, SweepCheck(catalog, std::move(document), file, result.description).problems());
  return result;
}

}  // namespace aifsim::catalog
