#include "cli/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace aifsim {

namespace fs = std::filesystem;

namespace {

constexpr CatalogKind all_kinds[] = {CatalogKind::platform, CatalogKind::gpu,   CatalogKind::workload,
                                     CatalogKind::scenario, CatalogKind::stack, CatalogKind::exercise};

bool holds_a_catalogue(const fs::path& folder) {
  return std::any_of(std::begin(all_kinds), std::end(all_kinds), [&](CatalogKind kind) {
    std::error_code error;  // a folder that cannot be read holds nothing for us
    return fs::is_directory(folder / folder_of(kind), error);
  });
}

std::vector<fs::path> roots() {
  std::vector<fs::path> found;
  if (const char* own = std::getenv("AIFSIM_HOME"); own && *own) {
    if (!holds_a_catalogue(own))
      throw InputError(Place{own},
                       "no catalogue here: AIFSIM_HOME should name a folder that holds one or more of "
                       "platforms/, gpu_models/, workloads/ and scenarios/");
    found.emplace_back(own);
  }
  const fs::path shipped = Context::home();
  if (holds_a_catalogue(shipped)) found.push_back(shipped);
  if (found.empty())
    throw InputError(
        Place{shipped.string()},
        "no catalogue here: there is no folder platforms/ in it; run the binary as build/aifsim "
        "of the project or bin/aifsim of an archive, or set AIFSIM_HOME to the project's folder");
  return found;
}

}  // namespace

fs::path Context::home() {
  std::error_code error;
  const fs::path above = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  const fs::path installed = above / "share" / "aifsim";
  return holds_a_catalogue(installed) ? installed : above;
}

const Catalog& Context::catalog() const {
  if (!catalog_) catalog_.emplace(SearchPath(".", roots()));
  return *catalog_;
}

}  // namespace aifsim
