#include "cli/context.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace aifsim {

namespace fs = std::filesystem;

const fs::path& Context::home() const {
  if (home_) return *home_;
  const char* from_user = std::getenv("AIFSIM_HOME");
  const bool given = from_user && *from_user;
  std::error_code ignored;
  const fs::path home = given
                            ? fs::path(from_user)
                            : fs::read_symlink("/proc/self/exe", ignored)
                                  .parent_path()
                                  .parent_path();  // a folder that cannot be read holds no platforms/ for us
  if (!fs::is_directory(home / "platforms", ignored)) {
    throw InputError(
        Place{home.string()},
        fmt::format(
            "no catalogue here: there is no folder platforms/ in it; {}",
            given ? "AIFSIM_HOME should name the folder that holds platforms/, gpu_models/, workloads/ "
                    "and scenarios/"
                  : "run the binary as build/aifsim of the project, or set AIFSIM_HOME to the project's "
                    "folder"));
  }
  home_ = home;
  return *home_;
}

const Catalog& Context::catalog() const {
  if (!catalog_) catalog_.emplace(home());
  return *catalog_;
}

}  // namespace aifsim
