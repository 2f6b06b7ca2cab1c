// Counts are figures (they carry a source), so they arrive as doubles.
#pragma once
#include <cstdint>
#include <string_view>

#include "catalog/figure.hpp"

namespace aifsim {

// The count as an integer; InputError at the figure's place if it is not whole or below `at_least`.
std::int64_t whole(const Figure<double>& count, std::string_view what, std::int64_t at_least);

}  // namespace aifsim
