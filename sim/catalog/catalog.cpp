#include "catalog/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <variant>

#include "base/hash.hpp"
#include "catalog/fields.hpp"
#include "catalog/file_kind.hpp"
#include "catalog/hf_config.hpp"
#include "catalog/partitions.hpp"
#include "catalog/read_exercise.hpp"
#include "catalog/read_platform.hpp"
#include "catalog/read_scenario.hpp"
#include "catalog/read_workload.hpp"

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
        return plain(read_workload(catalog, std::move(document), file, false));
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
  return checked(read_workload(*this, DocumentsOf(*this).load(file, settings), file, !settings.empty()),
                 file);
}

StackDescription Catalog::stack(std::string_view name, const Place& asked_at,
                                const Settings& settings) const {
  const std::filesystem::path file = path(CatalogKind::stack, name, asked_at);
  return checked(read_document<StackDescription>(DocumentsOf(*this).load(file, settings), file), file);
}

std::optional<StackDescription> Catalog::stack_known_as(std::string_view word, double container,
                                                        Precision precision, std::string_view gpu) const {
  std::optional<StackDescription> found;
  const std::string plain = squeezed(word.substr(0, 100));
  const auto same = [&](std::string_view other) { return squeezed(other) == plain; };
  for (const CatalogEntry& entry : entries(CatalogKind::stack)) {
    StackDescription one = stack(entry.name);
    const auto any_or = [](const auto& all, const auto& own) {
      return all.empty() || std::ranges::count(all, own) > 0;
    };
    const auto& later = one.succeeds;
    if (later && same(later->of) && container >= later->from_container &&
        any_or(later->precisions, precision) && any_or(later->gpus, gpu))
      return one;
    if (!found && (same(entry.name) || std::ranges::any_of(one.known_as, same))) found = std::move(one);
  }
  return found;
}

std::optional<WorkloadDescription> Catalog::workload_known_as(std::string_view word) const {
  word = word.substr(0, 100);
  const std::string whole = squeezed(word), plain = squeezed(word.substr(0, word.find('(')));
  std::optional<WorkloadDescription> found;
  for (const CatalogEntry& entry : entries(CatalogKind::workload)) {
    WorkloadDescription one = workload(entry.name);
    const auto same = [&](const std::string& name) {
      return [&name](std::string_view other) { return squeezed(other) == name; };
    };
    if (same(whole)(entry.name) || std::ranges::any_of(one.known_as, same(whole))) return one;
    if (!found && !plain.empty() &&
        (same(plain)(entry.name) || std::ranges::any_of(one.known_as, same(plain))))
      found = std::move(one);
  }
  return found;
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
  reader.at_point = true;
  const Reader::Step step(reader, "training");
  read_training_change(reader, change.root, base);
  const bool clash = reader.clashes == reader.problems.size();
  if (!reader.problems.empty()) refuse(std::move(reader.problems), clash);
  find_other_models(*this, base, reader.problems);
  if (!reader.problems.empty()) throw InputError(std::move(reader.problems));
  return base;
}

WorkloadDescription Catalog::trained(WorkloadDescription workload, const TrainingDescription& variant,
                                     const Settings& settings) const {
  workload.training = training(variant, settings);
  if (auto problems = clashes_of(workload); !problems.empty()) throw Clash(std::move(problems));
  return workload;
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

}  // namespace aifsim
