// A scenario as the user names it.
#pragma once
#include <filesystem>
#include <string>

#include "catalog/catalog.hpp"

namespace aifsim {

// A file, or the name of a scenario in the catalogue.
std::filesystem::path scenario_file(const Catalog& catalog, const std::string& given);

}  // namespace aifsim
