#include "base/csv_numbers.hpp"

#include <fmt/format.h>

#include <cmath>

namespace aifsim {

double above_zero(const CsvReader& table, const char* column) {
  const std::optional<double> value = table.number(column);
  if (value && *value > 0 && std::isfinite(*value)) return *value;
  throw InputError(table.place(column),
                   fmt::format("{}: expected a number above 0, found \"{}\"", column, table.cell(column)));
}

std::int64_t count(const CsvReader& table, const char* column) {
  const double value = above_zero(table, column);
  if (value == std::floor(value) && value < 1e12) return static_cast<std::int64_t>(value);
  throw InputError(table.place(column),
                   fmt::format("{}: expected a whole number, found \"{}\"", column, table.cell(column)));
}

}  // namespace aifsim
