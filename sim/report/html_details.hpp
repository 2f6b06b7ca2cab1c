// Points in detail: the timeline of a step, and what each link carried.
#pragma once
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

// `points`: those with an answer. Of many, some; the page says so.
void put_details(std::string& out, const Result& result, const std::vector<const Point*>& points);

}  // namespace aifsim
