// What every subcommand may use: where aifsim lives, and its catalogue.
#pragma once
#include <filesystem>
#include <optional>

#include "catalog/catalog.hpp"

namespace aifsim {

class Context {
 public:
  // The folder that holds platforms/, gpu_models/, workloads/ and scenarios/: $AIFSIM_HOME, else the one
  // above the executable's. InputError when it holds no platforms/.
  const std::filesystem::path& home() const;
  // Opened at first use, so that --help and --version work without one.
  const Catalog& catalog() const;

 private:
  mutable std::optional<std::filesystem::path> home_;
  mutable std::optional<Catalog> catalog_;
};

}  // namespace aifsim
