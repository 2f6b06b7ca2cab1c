// The result as a table for a terminal.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

// Folded where it is wider than `width`, 0 = no limit.
std::string text_table(const Result& result, std::size_t width = 0);

}  // namespace aifsim
