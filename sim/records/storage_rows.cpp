#include "records/storage_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/csv_numbers.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

std::string column_of(const char* phase) { return fmt::format("{}[GiB/s]", phase); }

void require_name(const CsvReader& table, const char* column) {
  if (table.cell(column).empty())
    throw InputError(table.place(column), fmt::format("{}: expected a name, found an empty cell", column));
}

void read_mlperf_figures(const CsvReader& table, StorageRow& row) {
  for (const char* column : {"submitter", "system", "model", "accelerator"}) require_name(table, column);
  row.accelerators = count(table, "accelerators");
  row.samples_per_s = above_zero(table, "samples_per_s");
}

void read_io500_figures(const CsvReader& table, StorageRow& row) {
  for (const char* column : {"site", "system", "submission"}) require_name(table, column);
  for (std::size_t i = 0; i < io500_phases.size(); ++i) {
    const std::string column = column_of(io500_phases[i]);
    if (!table.cell(column).empty()) row.phases[i] = above_zero(table, column);
  }
}

// The submitter and all figures: what a second listing of the same run has alike.
std::string figures_of(const StorageRow& row, bool io500) {
  if (!io500)
    return fmt::format("{}|{}|{}|{}|{}", row.cells.at("submitter"), row.cells.at("model"),
                       row.cells.at("accelerator"), row.accelerators, row.samples_per_s);
  std::string text = row.cells.at("site");
  for (const std::optional<double>& phase : row.phases) text += fmt::format("|{}", phase.value_or(0));
  return text;
}

}  // namespace

StorageTable read_storage_table(std::istream& in, const std::string& name) {
  CsvReader reader(in, name);
  StorageTable table;
  table.io500 = reader.has(column_of(io500_phases.front()));
  table.columns = reader.columns();
  if (table.io500) {
    reader.require({"site", "system", "filesystem", "submission"});
    for (const char* phase : io500_phases) reader.require({column_of(phase)});
  } else {
    if (!reader.has("samples_per_s"))
      throw InputError(Place{name, 1, 1},
                       fmt::format("expected the columns of MLPerf Storage submissions (samples_per_s) or of "
                                   "IO500 submissions (ior-easy-read[GiB/s]), found {}",
                                   fmt::join(reader.columns(), ", ")));
    reader.require({"submitter", "system", "model", "accelerator", "accelerators"});
  }
  std::map<std::string, int> seen;
  while (reader.next()) {
    StorageRow& row = table.rows.emplace_back();
    for (const std::string& column : table.columns) row.cells[column] = reader.cell(column);
    row.line = reader.place(table.columns.front()).line;
    table.io500 ? read_io500_figures(reader, row) : read_mlperf_figures(reader, row);
    const auto [first, fresh] = seen.emplace(figures_of(row, table.io500), row.line);
    if (!fresh) row.repeats = first->second;
  }
  return table;
}

}  // namespace aifsim
