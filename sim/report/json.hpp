// The result as JSON: byte-identical for equal results (no wall time, no date). README.md has the keys.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

std::string to_json(const Result& result);

}  // namespace aifsim
