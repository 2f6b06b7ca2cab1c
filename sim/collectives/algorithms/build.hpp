// The builders behind catalog/algorithms.def. Each fills cells and phases of a schedule whose kind, algorithm
// and group (of two ranks at least) are set, and answers false where it does not exist for them.
#pragma once
#include "collectives/schedule.hpp"

namespace aifsim {

#define ALGORITHM(name, meaning) bool build_##name(Schedule& schedule);
#include "catalog/algorithms.def"
#undef ALGORITHM

}  // namespace aifsim
