// What the result says, in sentences: the fall or hold of MFU with scale, the fastest choice, the bottleneck,
// tight memory, agreement with measurements, sites with too little power, points without an answer.
#pragma once
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

std::vector<std::string> headline(const Result& result);  // none where nothing trains and all is answered

}  // namespace aifsim
