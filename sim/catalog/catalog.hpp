// The catalogue: YAML files -> plain descriptions. Every problem of a file is found at once.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "catalog/exercise.hpp"
#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"
#include "catalog/scenario.hpp"
#include "catalog/search.hpp"
#include "catalog/settings.hpp"
#include "catalog/stack.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

std::optional<CatalogKind> catalog_kind(std::string_view);  // singular or plural

// One figure of a description, as the reader met it.
struct FigureRow {
  std::string path;   // "fabric.injection"
  std::string value;  // as written, with its unit: "100Gbps"
  std::string source;
  std::string confidence;  // "" for plain settings
  Place place;
};

class Catalog {
 public:
  explicit Catalog(std::filesystem::path root) : Catalog(SearchPath(std::move(root))) {}
  explicit Catalog(SearchPath search) : search_(std::move(search)) {}

  // What can be named on the command line.
  std::vector<CatalogEntry> entries(CatalogKind kind) const { return search_.entries(kind); }
  std::vector<std::string> names(CatalogKind kind) const;
  // The file of a name or a path, as search.hpp says. InputError at `asked_at` where there is none.
  std::filesystem::path path(CatalogKind kind, std::string_view name, const Place& asked_at = {}) const;
  bool has(CatalogKind kind, std::string_view name, const Place& asked_at = {}) const;
  const SearchPath& search() const { return search_; }

  // By name or path, with values put in place of some that the file gives. Of a platform with several partitions, the
  // name says which: "leonardo:booster".
  PlatformDescription platform(std::string_view name, const Place& asked_at = {},
                               const Settings& settings = {}) const;
  // One for each of its partitions, or that which the name says; the platform itself where it has none.
  std::vector<PlatformDescription> partitions(std::string_view name, const Place& asked_at = {}) const;
  GpuDescription gpu(std::string_view name, const Place& asked_at = {}, const Settings& settings = {}) const;
  WorkloadDescription workload(std::string_view name, const Place& asked_at = {},
                               const Settings& settings = {}) const;
  StackDescription stack(std::string_view name, const Place& asked_at = {},
                         const Settings& settings = {}) const;
  // The stack that a table of measured runs calls so, by its name or `known_as`; none where no file does. One that
  // succeeds it takes the runs that it says: by release of the container (0: not told), precision, GPU model.
  std::optional<StackDescription> stack_known_as(std::string_view word, double container, Precision precision,
                                                 std::string_view gpu) const;
  // The workload whose model such a table calls so, with or without what stands in brackets behind it; none where no
  // file does.
  std::optional<WorkloadDescription> workload_known_as(std::string_view word) const;
  // A scenario is named by its path. Names that it uses are resolved (and checked) in the catalogue, and so is
  // every value that it sweeps.
  ScenarioDescription scenario(const std::filesystem::path& file, const Settings& settings = {}) const;
  // A point of its sweep, whose names are checked already.
  ScenarioDescription scenario_point(const std::filesystem::path& file, const Settings& settings) const;
  // By name, or by the path of its folder or file, with these numbers for its parameters; of others, the first.
  ExerciseDescription exercise(std::string_view name, const Place& asked_at = {},
                               const ExerciseNumbers& numbers = {}) const;
  TrainingDescription training(TrainingDescription base, const Settings& settings) const;
  // A workload as a point of a scenario trains it: as a variant says, with swept values. InputError where they do not go
  // together.
  WorkloadDescription trained(WorkloadDescription workload, const TrainingDescription& variant,
                              const Settings& settings) const;

  // Follows from all that a description says, whatever its file is called and wherever it stands.
  std::string digest(CatalogKind kind, std::string_view name, const Place& asked_at = {},
                     const Settings& settings = {}) const;
  // What a file says at a path (settings.hpp), "" where it lacks it: equal texts, equal meaning.
  std::string part_of(const std::filesystem::path& file, const Settings& settings,
                      const std::string& path) const;
  // The same catalogue, which reads each file once.
  Catalog reading_once() const;

  // Everything wrong in one file of any kind (its `kind:` key says which), references included; empty = fine.
  std::vector<Problem> check(const std::filesystem::path& file) const;
  // The platforms that a sound file describes or names: the one it is, or those of a scenario.
  std::vector<PlatformDescription> platforms_in(const std::filesystem::path& file) const;
  // Every figure and setting of a file, with source and confidence, in file order.
  std::vector<FigureRow> figures(const std::filesystem::path& file) const;

 private:
  friend class DocumentsOf;
  SearchPath search_;
  std::shared_ptr<std::map<std::filesystem::path, catalog::Document>> kept_;  // none: read anew each time
};

// JSON Schema draft-07 of a kind, from the same field tables that the reader uses; pretty-printed.
std::string json_schema(CatalogKind kind);

}  // namespace aifsim
