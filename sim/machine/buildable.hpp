// What only building a machine tells: that its nodes fit into its fabric, that its wiring has the paths that
// routes need, that all of it is small enough to be simulated. `aifsim check` asks here, so that it finds what
// the use of a platform would refuse, by the same code.
#pragma once
#include <vector>

#include "base/error.hpp"
#include "catalog/platform.hpp"

namespace aifsim {

std::vector<Problem> problems_of_building(const PlatformDescription& platform);

}  // namespace aifsim
