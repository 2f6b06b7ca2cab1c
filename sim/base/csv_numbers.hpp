// Cells of a table that must hold a number of a kind. InputError at the cell where it is none.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/csv.hpp"

namespace aifsim {

double above_zero(const CsvReader& table, std::string_view column);
// A whole one, above 0.
std::int64_t count(const CsvReader& table, std::string_view column);

}  // namespace aifsim
