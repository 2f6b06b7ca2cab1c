// Where the step depends on which nodes the job gets, and on the order of its ranks on them.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

inline constexpr const char* placement_title =
    "Which nodes a job gets, in which order, and which ways its transfers take, changes its step";

// "contiguous 5.14 s, fragmented 6.02 s, random 15.4 s", the point's own first, and behind it what other draws of a
// fabric's hash take: ", other hashes 5.14 to 8.3 s"; "" where all are alike.
std::string placement_note(const Point& point);

}  // namespace aifsim
