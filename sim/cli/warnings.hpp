// What files say that cannot be, as warnings.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

// Of a platform and its GPU model, or of a GPU model; of other kinds, and of files with mistakes, none.
std::vector<Problem> warnings_of(const Catalog& catalog, const std::filesystem::path& file);

// "file:line:column: warning: ..."
std::string warning_text(const Problem& problem);

// To standard error, before a command uses a platform.
void print_warnings(const PlatformDescription& platform, const GpuDescription& gpu);

}  // namespace aifsim
