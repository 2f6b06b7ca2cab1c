#include "catalog/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "base/hash.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"
#include "catalog/file_kind.hpp"
#include "catalog/hf_config.hpp"
#include "catalog/partitions.hpp"
#include "catalog/read_exercise.hpp"
#include "catalog/read_platform.hpp"

namespace aifsim {

using namespace catalog;

// Documents with settings, from the files or from what is kept of them.
class DocumentsOf {
 public:
  explicit DocumentsOf(const Catalog& catalog)
      : shipped_(catalog.search().shipped()), kept_(catalog.kept_.get()) {}
  Document load(const std::filesystem::path& file, const Settings& settings = {}) const {
    Document document = kept_ ? kept(file) : load_document(file, shipped_);
    catalog::apply(settings, document);
    return document;
  }

 private:
  const Document& kept(const std::filesystem::path& file) const {
    const auto found = kept_->find(file);
    if (found != kept_->end()) return found->second;
    return kept_->emplace(file, load_document(file, shipped_)).first->second;
  }
  const std::filesystem::path& shipped_;
  std::map<std::filesystem::path, Document>* kept_;
};

namespace {

constexpr std::string_view kKinds[] = {"platform", "gpu", "workload", "scenario", "stack", "exercise"};

// Where a training block names a stack that no file describes, or one that is wrong.
void check_stack(const Catalog& catalog, const TrainingDescription& training,
                 std::vector<Problem>& problems) {
  try {
    if (!training.stack.empty()) catalog.stack(training.stack, training.stack_place);
  } catch (const InputError& error) {
    append(problems, error.problems());
  }
}

// The model of a workload that a training block names: of a teacher, or of who scores, whoever teaches that one.
std::shared_ptr<const ModelDescription> model_named(const Catalog& catalog, const std::string& name,
                                                    const Place& place, std::vector<Problem>& problems) {
  if (name.empty()) return nullptr;
  try {
    const std::filesystem::path file = catalog.path(CatalogKind::workload, name, place);
    WorkloadDescription found = checked(read_document<WorkloadDescription>(load_document(file), file), file);
    return std::make_shared<const ModelDescription>(std::move(found.model));
  } catch (const InputError& error) {
    append(problems, error.problems());
    return nullptr;
  }
}

void find_other_models(const Catalog& catalog, TrainingDescription& training,
                       std::vector<Problem>& problems) {
  training.teacher_model = model_named(catalog, training.teacher, training.teacher_place, problems);
  if (auto& r = training.rollouts)
    r->reward = model_named(catalog, r->reward_model, r->reward_place, problems);
}

Read<WorkloadDescription> read_workload(const Catalog& catalog, Document document,
                                        const std::filesystem::path& file) {
  Read<WorkloadDescription> result = read_document<WorkloadDescription>(std::move(document), file);
  if (result.problems.empty()) {
    check_stack(catalog, result.description.training, result.problems);
    find_other_models(catalog, result.description.training, result.problems);
  }
  if (result.description.model.network)
    result.description.training.sequence = 1;  // a sample counts as a token
  return result;
}

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
    append_problems_of(scenario.problems, [&] { catalog.workload(job.workload, job.workload_place); });
  }
}

// Names that it uses are followed as far as the scenario itself needs it.
Read<ScenarioDescription> read_scenario_alone(const Catalog& catalog, Document document,
                                              const std::filesystem::path& file) {
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
  Read<ScenarioDescription> result =
      read_document<ScenarioDescription>(std::move(document), file, workload ? &workload->training : nullptr);
  append(result.problems, workload_problems);
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
    if (problem.place.file != file)
      problem.message += fmt::format(" (in the sweep of {}, at {})", file, values);
  return problems;
}

std::string settings_text(const Settings& settings) {
  std::string text;
  for (const Setting& setting : settings) text += setting.path + "=" + canonical(*setting.value) + ";";
  return text;
}

// Each value of a sweep in the description that it changes; each description once.
class SweepCheck {
 public:
  SweepCheck(const Catalog& catalog, Document document, const std::filesystem::path& file,
             const ScenarioDescription& base)
      : catalog_(catalog.reading_once()), document_(std::move(document)), file_(file), base_(base) {
    std::erase_if(document_.root.entries, [](const Node::Entry& entry) { return entry.key == "sweep"; });
  }

  std::vector<Problem> problems() {
    for (const SweepPoint& point : sweep_samples(base_.sweep)) {
      std::vector<Problem> found;
      append_problems_of(found, [&] { check(point); });
      append(problems_, told_with(std::move(found), point, file_.string()));
    }
    return std::move(problems_);
  }

 private:
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
    if (known_.insert("but for the seed " + others).second) return false;
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
      throw InputError((point.workload.empty() ? point.training : point.workload).front().place,
                       "a scenario with jobs has no workload of its own to change");
    if (fresh("scenario", point.scenario)) {
      Document changed = document_;
      catalog::apply(point.scenario, changed);
      here_ = checked(read_scenario_alone(catalog_, std::move(changed), file_), file_);
    }
    const ScenarioDescription& here = point.scenario.empty() ? base_ : here_;
    if (fresh("platform", point.platform) + fresh("gpu", point.gpu) > 0)
      for (std::size_t i = 0; i < here.platforms.size(); ++i)
        for (const auto& [name, asked_at] : here.platforms_of_jobs(i)) {
          const PlatformDescription platform = catalog_.platform(name, asked_at, point.platform);
          catalog_.gpu(platform.node.gpu, platform.node.gpu_place, point.gpu);
        }
    if (!here.workload.empty() && fresh("workload", point.workload))
      catalog_.workload(here.workload, here.workload_place, point.workload);
    if (fresh("training", point.training) + fresh("stack", point.stack) > 0)
      for (const Variant& variant : here.variants) {
        const TrainingDescription training = catalog_.training(variant.training, point.training);
        catalog_.stack(training.stack, training.stack_place, point.stack);
      }
    if (fresh("stack of jobs", point.stack))
      for (const JobDescription& job : here.jobs) {
        if (job.workload.empty()) continue;
        const TrainingDescription training = catalog_.workload(job.workload, job.workload_place).training;
        catalog_.stack(training.stack, training.stack_place, point.stack);
      }
  }

  // Whether these values of a description have not been read yet.
  bool fresh(const char* what, const Settings& settings) {
    return !settings.empty() && known_.insert(what + (" " + settings_text(settings))).second;
  }

  Catalog catalog_;
  Document document_;
  const std::filesystem::path& file_;
  const ScenarioDescription& base_;
  ScenarioDescription here_;
  std::set<std::string> known_;
  std::vector<Problem> problems_;
};

Read<ScenarioDescription> read_scenario(const Catalog& catalog, Document document,
                                        const std::filesystem::path& file) {
  Document base = document;
  catalog::apply(first_of_sweep(base), base);
  Read<ScenarioDescription> result = read_scenario_alone(catalog, std::move(base), file);
  std::erase_if(result.rows, [](const FigureRow& row) { return row.source == set_by_scenario; });
  check_platforms(catalog, result);
  check_job_workloads(catalog, result);
  if (result.problems.empty())
    append(result.problems, SweepCheck(catalog, std::move(document), file, result.description).problems());
  return result;
}

// The kind that a file says it is.
std::optional<CatalogKind> kind_of(Document& document) {
  const Node* kind = document.root.find("kind");
  if (!kind) {
    if (auto problem = hugging_face_config(document.root)) {
      document.problems = {std::move(*problem)};
      return std::nullopt;
    }
    document.problems.push_back({document.root.place, fmt::format("the key \"kind\" is missing: one of {}",
                                                                  fmt::join(kKinds, ", "))});
    return std::nullopt;
  }
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (kind->is_scalar() && kind->text == kKinds[i]) return static_cast<CatalogKind>(i);
  }
  document.problems.push_back({kind->place, fmt::format("kind: expected one of {}, found {}",
                                                        fmt::join(kKinds, ", "), kind->found())});
  return std::nullopt;
}

// Problems and rows of a file of any kind.
FileFindings read_any(const Catalog& catalog, const std::filesystem::path& file) {
  const auto plain = [](auto read) { return FileFindings{std::move(read.problems), std::move(read.rows)}; };
  try {
    Document document = load_document(file, catalog.search().shipped());
    const std::optional<CatalogKind> kind = kind_of(document);
    if (!kind) return {std::move(document.problems), {}};
    switch (*kind) {
      case CatalogKind::platform:
        return read_partitions(catalog, document, file);
      case CatalogKind::gpu:
        return plain(read_document<GpuDescription>(std::move(document), file));
      case CatalogKind::workload:
        return plain(read_workload(catalog, std::move(document), file));
      case CatalogKind::scenario:
        return plain(read_scenario(catalog, std::move(document), file));
      case CatalogKind::stack:
        return plain(read_document<StackDescription>(std::move(document), file));
      case CatalogKind::exercise:
        return plain(read_exercise(std::move(document), file));
    }
  } catch (const InputError& error) {
    return {error.problems(), {}};
  }
  return {};
}

}  // namespace

std::optional<CatalogKind> catalog_kind(std::string_view word) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (word == kKinds[i] || word == std::string(kKinds[i]) + "s") return static_cast<CatalogKind>(i);
  }
  return std::nullopt;
}

std::vector<std::string> Catalog::names(CatalogKind kind) const {
  std::vector<std::string> names;
  for (CatalogEntry& entry : entries(kind)) names.push_back(std::move(entry.name));
  return names;
}

std::filesystem::path Catalog::path(CatalogKind kind, std::string_view name, const Place& asked_at) const {
  if (auto problem = unknown_name(search_, kind, name, asked_at)) throw InputError({std::move(*problem)});
  return std::get<std::filesystem::path>(search_.find(kind, name, asked_at));
}

bool Catalog::has(CatalogKind kind, std::string_view name, const Place& asked_at) const {
  return std::holds_alternative<std::filesystem::path>(search_.find(kind, name, asked_at));
}

PlatformDescription Catalog::platform(std::string_view name, const Place& asked_at,
                                      const Settings& settings) const {
  const std::filesystem::path file = path(CatalogKind::platform, name, asked_at);
  const Document document = DocumentsOf(*this).load(file);
  const std::string partition = partition_meant(document, name, asked_at);
  PlatformDescription found = checked(read_platform(*this, document, file, partition, settings), file);
  if (found.node.gpu.empty())
    throw InputError(asked_at, fmt::format("{} has no GPUs, and every job takes some", found.name));
  return found;
}

std::vector<PlatformDescription> Catalog::partitions(std::string_view name, const Place& asked_at) const {
  const std::filesystem::path file = path(CatalogKind::platform, name, asked_at);
  const Document document = DocumentsOf(*this).load(file);
  if (split_platform_name(name).partition.empty()) return read_all_partitions(*this, document, file);
  return {checked(read_platform(*this, document, file, partition_meant(document, name, asked_at), {}), file)};
}

GpuDescription Catalog::gpu(std::string_view name, const Place& asked_at, const Settings& settings) const {
  const std::filesystem::path file = path(CatalogKind::gpu, name, asked_at);
  return checked(read_document<GpuDescription>(DocumentsOf(*this).load(file, settings), file), file);
}

WorkloadDescription Catalog::workload(std::string_view name, const Place& asked_at,
                                      const Settings& settings) const {
  const std::filesystem::path file = path(CatalogKind::workload, name, asked_at);
  return checked(read_workload(*this, DocumentsOf(*this).load(file, settings), file), file);
}

StackDescription Catalog::stack(std::string_view name, const Place& asked_at,
                                const Settings& settings) const {
  const std::filesystem::path file = path(CatalogKind::stack, name, asked_at);
  return checked(read_document<StackDescription>(DocumentsOf(*this).load(file, settings), file), file);
}

std::optional<StackDescription> Catalog::stack_known_as(std::string_view word, double container,
                                                        Precision precision) const {
  std::optional<StackDescription> found;
  for (const CatalogEntry& entry : entries(CatalogKind::stack)) {
    StackDescription one = stack(entry.name);
    const auto& later = one.succeeds;
    if (later && later->of == word && container >= later->from_container && precision == later->precision)
      return one;
    if (!found && (entry.name == word || std::ranges::count(one.known_as, word) > 0)) found = std::move(one);
  }
  return found;
}

std::optional<WorkloadDescription> Catalog::workload_known_as(std::string_view word) const {
  for (const CatalogEntry& entry : entries(CatalogKind::workload)) {
    WorkloadDescription one = workload(entry.name);
    if (entry.name == word || std::find(one.known_as.begin(), one.known_as.end(), word) != one.known_as.end())
      return one;
  }
  return std::nullopt;
}

ScenarioDescription Catalog::scenario(const std::filesystem::path& file, const Settings& settings) const {
  return checked(read_scenario(*this, DocumentsOf(*this).load(file, settings), file), file);
}

ScenarioDescription Catalog::scenario_point(const std::filesystem::path& file,
                                            const Settings& settings) const {
  return checked(read_scenario_alone(*this, DocumentsOf(*this).load(file, settings), file), file);
}

ExerciseDescription Catalog::exercise(std::string_view name, const Place& asked_at,
                                      const ExerciseNumbers& numbers) const {
  const std::filesystem::path file = path(CatalogKind::exercise, name, asked_at);
  return checked(read_exercise(DocumentsOf(*this).load(file), file, numbers), file);
}

TrainingDescription Catalog::training(TrainingDescription base, const Settings& settings) const {
  if (settings.empty()) return base;
  Document change;
  change.root.kind = Node::Kind::map;
  change.root.place = settings.front().place;
  change.root.provenance = std::make_shared<const Provenance>();
  catalog::apply(settings, change);
  Reader reader;
  reader.problems = std::move(change.problems);
  const Reader::Step step(reader, "training");
  read_training_change(reader, change.root, base);
  if (reader.problems.empty()) find_other_models(*this, base, reader.problems);
  if (!reader.problems.empty()) throw InputError(std::move(reader.problems));
  return base;
}

std::string Catalog::part_of(const std::filesystem::path& file, const Settings& settings,
                             const std::string& path) const {
  const Document document = DocumentsOf(*this).load(file, settings);
  const Node* node = at_path(document.root, path);
  return node ? canonical(*node) : "";
}

std::string Catalog::digest(CatalogKind kind, std::string_view name, const Place& asked_at,
                            const Settings& settings) const {
  const std::filesystem::path file = path(kind, name, asked_at);
  const DocumentsOf documents(*this);
  Document document;
  std::string partition;
  if (kind == CatalogKind::platform) {
    document = documents.load(file);
    partition = partition_meant(document, name, asked_at);
    document = document_of(std::move(document), partition, settings);
  } else {
    document = documents.load(file, settings);
  }
  std::string all = canonical(document.root) + partition;
  for (const char* named : {"fabric.edges_file", "facility.hours_file"})
    if (const Node* name_of_file = at_path(document.root, named); name_of_file && name_of_file->is_scalar())
      all += text_of_named_file(*name_of_file);
  return fmt::format("{:016x}{:016x}", hash_of(all), hash_of("again " + all));
}

Catalog Catalog::reading_once() const {
  Catalog same = *this;
  same.kept_ = std::make_shared<std::map<std::filesystem::path, Document>>();
  return same;
}

std::vector<Problem> Catalog::check(const std::filesystem::path& file) const {
  return sorted(read_any(*this, file).problems, file.string());
}

std::vector<PlatformDescription> Catalog::platforms_in(const std::filesystem::path& file) const {
  Document document = load_document(file, search_.shipped());
  const std::optional<CatalogKind> kind = kind_of(document);
  if (kind == CatalogKind::platform) return read_all_partitions(*this, document, file);
  std::vector<PlatformDescription> platforms;
  if (kind != CatalogKind::scenario) return platforms;
  const ScenarioDescription scenario = checked(read_scenario(*this, std::move(document), file), file);
  for (std::size_t i = 0; i < scenario.platforms.size(); ++i)
    for (const auto& [name, asked_at] : scenario.platforms_of_jobs(i))
      platforms.push_back(platform(name, asked_at));
  return platforms;
}

std::vector<FigureRow> Catalog::figures(const std::filesystem::path& file) const {
  FileFindings result = read_any(*this, file);
  if (!result.problems.empty()) throw InputError(sorted(std::move(result.problems), file.string()));
  return std::move(result.rows);
}

std::optional<CatalogKind> kind_of_file(const Catalog& catalog, const std::filesystem::path& file) {
  try {
    Document document = load_document(file, catalog.search().shipped());
    return kind_of(document);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

GpuDescription gpu_of_file(const std::filesystem::path& file) {
  return checked(read_document<GpuDescription>(load_document(file), file), file);
}

}  // namespace aifsim
