// The result as a table for a terminal of 100 to 120 columns.
#pragma once
#include <string>

#include "report/result.hpp"

namespace aifsim {

std::string text_table(const Result& result);

}  // namespace aifsim
