#include "base/csv_numbers.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/quote.hpp"

namespace aifsim {

double above_zero(const CsvReader& table, std::string_view column) {
  const std::optional<double> value = table.number(column);
  if (value && *value > 0 && std::isfinite(*value)) return *value;
  throw InputError(table.place(column),
                   fmt::format("{}: expected a number above 0, found {}", column, quote(table.cell(column))));
}

std::int64_t count(const CsvReader& table, std::string_view column) {
  const double value = above_zero(table, column);
  if (value == std::floor(value) && value <= 9e15) return static_cast<std::int64_t>(value);
  throw InputError(table.place(column),
                   fmt::format("{}: expected a whole number, found {}", column, quote(table.cell(column))));
}

}  // namespace aifsim
