// What files say that cannot be, as warnings.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

// Of a platform and its GPU model, of a GPU model, or of all that a scenario runs on; of other kinds, and of files with
// mistakes, none.
std::vector<Problem> warnings_of(const Catalog& catalog, const std::filesystem::path& file);

// Of the platforms of a sound scenario and their GPU models, as the points of its sweep have them: each once, with the
// points that it is of where it is not of all. Of very many points those with each value once.
std::vector<Problem> warnings_of(const Catalog& catalog, const ScenarioDescription& scenario);

// "file:line:column: warning: ..."
std::string warning_text(const Problem& problem);

// To standard error, before a command uses a platform, or runs a scenario.
void print_warnings(const PlatformDescription& platform, const GpuDescription& gpu);
void print_warnings(const Catalog& catalog, const ScenarioDescription& scenario);

}  // namespace aifsim
