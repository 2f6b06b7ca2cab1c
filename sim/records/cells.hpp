// What the readers of tables in text share: cells of a line, and rows that are lost without the file.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "records/lines.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

struct Cell {
  std::string text;
  int column = 1;
};

// The cells of one line of CSV: trimmed, or as they stand between quotes (a doubled quote is one).
std::vector<Cell> csv_cells(std::string_view line, char delimiter = ',');
// Cells that have blanks inside, parted by two blanks or a tab.
std::vector<Cell> column_cells(std::string_view line);
// Comma, semicolon or tab: which of them parts the cells of a header.
char delimiter_of(std::string_view header);

// "Avg (ns)" -> "avgns", "#wrong" -> "wrong": letters and digits, to compare titles that people write apart.
std::string title_key(std::string_view title);

// Whether commas part decimals in this row: a figure shows it ("42,1"), or semicolons part its cells and no figure
// has a point.
bool has_decimal_commas(const std::vector<Cell>& row, char delimiter);

// "1,234.5" -> 1234.5, with `decimal_commas` "1.234,5"; InputError at `place` for what is no finite number.
double number_of(std::string_view text, const Place& place, const char* what, bool decimal_commas = false);

// Runs `row`; what is wrong in it costs the row alone, counted, and its place is told.
template <class Take>
void row_or_skip(Sink& sink, const Take& row) {
  try {
    row();
  } catch (const InputError& error) {
    sink.skip("rows that cannot be read", error.problems().front());
  }
}

}  // namespace aifsim::records
