// A machine as one self-contained SVG: its fabric, one leaf, one node's wiring with bandwidths.
#pragma once
#include <string>

#include "catalog/platform.hpp"
#include "machine/bisection.hpp"

namespace aifsim {

// InputError where the description does not make a machine (the same as Topology).
std::string draw_svg(const std::vector<PlatformDescription>& partitions);

// The cuts of a bisection as bars.
std::string draw_bisection(const std::string& title, const Bisection& bisection);

}  // namespace aifsim
