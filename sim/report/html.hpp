// The result as one page that works offline: nothing in it is loaded from anywhere.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

std::string to_html(const Result& result);

}  // namespace aifsim
