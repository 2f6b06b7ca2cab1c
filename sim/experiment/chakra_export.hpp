// The program of a job as Chakra execution traces (current schema), one for each rank, and the ranks of its
// communicators as ASTRA-sim takes them.
//
// Kernels have the time that they take at level analytical, in whole microseconds whose rounding does not add up;
// collectives have what a rank brings in. A communicator is that of one stream, as frameworks make them. Dispatch
// and combination of experts are written as all-to-alls, a shift round a ring as a send and a receive.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.hpp"

namespace aifsim {

inline constexpr const char* chakra_prefix = "trace";  // of trace.0.et, ...
inline constexpr const char* chakra_groups = "comm_group.json";

// Names and contents. CannotAnswer for more nodes than anybody reads.
std::vector<std::pair<std::string, std::string>> chakra_files(const Plan& plan);

}  // namespace aifsim
