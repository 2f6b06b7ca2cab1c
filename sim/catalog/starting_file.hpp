// A platform file to start a proposal from: another one included, and what a proposal changes as comments, each with
// the value and source that the other has; what it does not say and proposals do, with an example.
#pragma once
#include <filesystem>
#include <string>

#include "catalog/catalog.hpp"

namespace aifsim {

// `include`: how the new file names `base`. `most`: what the machine draws with all parts at their limits, cooling
// included; 0 where that is not known.
std::string platform_starting_file(const Catalog& catalog, const std::filesystem::path& base,
                                   const std::string& title, const std::string& include, Watts most);

}  // namespace aifsim
