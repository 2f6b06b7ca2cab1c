// Where a name of the catalogue is looked for, and the file that it stands for.
//
// Of a platform, "name:partition" is looked for without its partition. A name that holds a slash or ends in .yaml, .yml or .json is a path, relative to the file that names it. Any other is
// looked for in the folder of the file that names it and the folder above that (what the command line names: in
// the folder that the user is in), then in the user's folder (AIFSIM_HOME), then in the shipped catalogue; in
// each in platforms/, gpu_models/, workloads/, workloads/stacks/, scenarios/ or scenarios/exercises/, any of which may be
// missing. An exercise is a folder that holds exercise.yaml; its name is the folder's.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace aifsim {

enum class CatalogKind { platform, gpu, workload, scenario, stack, exercise };
const char* name_of(CatalogKind kind);       // "platform", "gpu", ...
const char* folder_of(CatalogKind kind);     // "platforms", "gpu_models", ...
bool is_description_file(std::string_view);  // ends in .yaml or .yml, capitals or not

struct CatalogEntry {
  std::string name;  // the file's stem
  std::filesystem::path file;
  bool shipped = false;
};

class SearchPath {
 public:
  // One folder, and the folders of the files that name something.
  explicit SearchPath(std::filesystem::path root);
  // `here`: where the user is; "" when names of the command line are not looked for there. The last of `roots`
  // is the shipped catalogue.
  SearchPath(std::filesystem::path here, std::vector<std::filesystem::path> roots);

  // Of one kind, by name, each name once: the one that a look-up would find.
  std::vector<CatalogEntry> entries(CatalogKind kind, const Place& asked_at = {}) const;
  // The file, or why there is none.
  std::variant<std::filesystem::path, Problem> find(CatalogKind kind, std::string_view name,
                                                    const Place& asked_at = {}) const;
  const std::filesystem::path& shipped() const { return roots_.back(); }  // holds platforms/ and the others

 private:
  std::vector<std::filesystem::path> folders(CatalogKind kind, const Place& asked_at) const;

  std::filesystem::path here_;
  std::vector<std::filesystem::path> roots_;
};

}  // namespace aifsim
