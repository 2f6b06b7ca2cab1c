// What a GPU library (NCCL, RCCL) chooses from. It takes the quickest by its own table, which is of an idle
// machine (price.hpp), whatever the neighbours do.
#pragma once
#include <vector>

#include "collectives/schedule.hpp"

namespace aifsim {

// `switch_sums`: the switches inside the node or domain can sum (NVLink SHARP), and the elements are of a type
// that they know.
std::vector<Algorithm> library_algorithms(CollectiveKind kind, const GroupShape& group, bool switch_sums,
                                          double visits = 1);

}  // namespace aifsim
