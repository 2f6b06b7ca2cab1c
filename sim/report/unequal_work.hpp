// Whether the points that a reader would compare do equal work per step.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

// A sentence for above the table where points of one GPU count train different numbers of tokens per step, else
// "".
std::string unequal_work(const Result& result);

}  // namespace aifsim
