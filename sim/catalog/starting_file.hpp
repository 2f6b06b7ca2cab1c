// A platform file to start a proposal from: another one included, and what a proposal changes as comments, each with
// the value and source that the other has.
#pragma once
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

// `base`: how the new file names the other in its include.
std::string platform_starting_file(const std::string& title, const std::string& base,
                                   const PlatformDescription& platform, const std::vector<FigureRow>& rows);

}  // namespace aifsim
