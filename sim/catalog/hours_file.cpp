// A site hour by hour from a CSV file: 8,760 rows, or 8,784 of a leap year.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <sstream>

#include "base/csv.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::size_t kHoursOfLeapYear = 8784;

struct HourColumn {
  const char* name;
  std::vector<double> HourlyDescription::*values;
  Limits limits;
};
const std::vector<HourColumn>& hour_columns() {
  static const std::vector<HourColumn> all{
      {"carbon_g_per_kwh", &HourlyDescription::carbon, {.min = 0, .max = 5000}},
      {"price_eur_per_kwh",
       &HourlyDescription::price,
       {.min = -10, .max = 100}},  // prices do fall below nothing
      {"temperature_c", &HourlyDescription::temperature, {.min = -60, .max = 60}}};
  return all;
}

// The known name that a column's stands for: one that it begins, as `temp`, or the nearest; "" of none.
std::string_view nearest_column(std::string_view column, std::span<const std::string_view> known) {
  for (const std::string_view name : known)
    if (column.size() >= 4 && name.starts_with(column)) return name;
  return nearest_word(column, known).value_or("");
}

// Columns that say which hour a row is; the rows' order counts, so they are not read.
constexpr std::array<std::string_view, 3> kHourNames{"time", "date", "hour"};

void refuse_unknown_columns(const CsvReader& table) {
  std::vector<std::string_view> known;
  for (const HourColumn& column : hour_columns()) known.emplace_back(column.name);
  const std::string all = fmt::format("known: {}; and {}, which are not read", fmt::join(known, ", "),
                                      fmt::join(kHourNames, ", "));
  known.insert(known.end(), kHourNames.begin(), kHourNames.end());
  std::vector<Problem> problems;
  for (const std::string& column : table.columns()) {
    if (std::find(known.begin(), known.end(), column) != known.end()) continue;
    const auto near = nearest_column(column, known);
    problems.push_back(
        {table.header_place(column),
         fmt::format("unknown column {}{} {}", quote(column),
                     near.empty() ? ";" : fmt::format(", did you mean {}?", quote(near)), all)});
  }
  if (!problems.empty()) throw InputError(problems);
}

HourlyDescription hours_of(CsvReader& table, const std::string& file) {
  std::vector<HourColumn> there;
  for (const HourColumn& column : hour_columns())
    if (table.has(column.name)) there.push_back(column);
  if (there.empty())  // not told what it has instead: it may be any file
    throw InputError({file, 1, 1},
                     "expected a table (CSV) with one or more of the columns carbon_g_per_kwh, "
                     "price_eur_per_kwh, temperature_c");
  refuse_unknown_columns(table);
  HourlyDescription hours;
  std::size_t rows = 0;
  Place where = table.header_place(table.columns().front());  // the last row, or the first too many
  while (table.next()) {
    if (++rows <= kHoursOfLeapYear + 1) where = {file, table.place(table.columns().front()).line, 1};
    for (const HourColumn& column : there) {
      const std::optional<double> value = table.number(column.name);
      if (!value || !column.limits.contain(*value))
        throw InputError(table.place(column.name),
                         fmt::format("{}: must be {}, found {}", column.name, column.limits.phrase(),
                                     quote(table.cell(column.name))));
      (hours.*column.values).push_back(*value);
    }
  }
  if (rows != 8760 && rows != kHoursOfLeapYear)
    throw InputError(where,
                     fmt::format("a row for each hour of a year is expected, 8760 or 8784, found {}", rows));
  return hours;
}

}  // namespace

void read_hours(Reader& reader, const Node& file_name, FacilityDescription& site) {
  if (!reader.text(file_name, site.hours_file)) return;
  const std::filesystem::path path =
      std::filesystem::path(file_name.place.file).parent_path() / site.hours_file;
  try {
    std::istringstream in(text_of_named_file(file_name));
    CsvReader table(in, path.string());
    site.hours = hours_of(table, path.string());
  } catch (const InputError& error) {
    for (const Problem& problem : error.problems())
      problem.place.file == file_name.place.file ? reader.problem(problem.place, problem.message)
                                                 : reader.problems.push_back(problem);
  }
}

}  // namespace aifsim::catalog
