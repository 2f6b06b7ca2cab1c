// What every subcommand may use: where aifsim lives, and the catalogue.
#pragma once
#include <filesystem>
#include <optional>

#include "catalog/catalog.hpp"

namespace aifsim {

class Context {
 public:
  // The project's folder: the one above the executable's, or share/aifsim in it where the program was installed.
  static std::filesystem::path home();
  // The folder that the user is in, the user's own ($AIFSIM_HOME) and the project's, in this order; each may
  // hold platforms/, gpu_models/, workloads/ and scenarios/. Opened at first use, so that --help and --version
  // work without one. InputError when AIFSIM_HOME holds none of them, or when there is no catalogue at all.
  const Catalog& catalog() const;

 private:
  mutable std::optional<Catalog> catalog_;
};

}  // namespace aifsim
