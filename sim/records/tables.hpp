// What the readers of CSV tables share.
#pragma once
#include <string_view>

#include "base/csv_numbers.hpp"
#include "records/sink.hpp"

namespace aifsim::records {

// Does the header of the table (the first line that is no comment) have all these columns?
bool header_has(std::string_view head, std::initializer_list<std::string_view> columns);
// The columns of that header.
std::vector<std::string_view> header_of(std::string_view head);

// Runs `row` for each row of the table; what is wrong in one costs that row, counted, with its place.
template <class Row>
void each_row(CsvReader& table, const std::istream& in, Sink& sink, const Row& row) {
  for (;;) {
    try {
      if (!table.next()) return;
      row();
    } catch (const InputError& error) {
      if (in.bad()) throw;  // the bytes themselves cannot be read
      sink.skip("rows that cannot be read", error.problems().front());
    }
  }
}

inline double count_in(const CsvReader& table, std::string_view column) {
  return static_cast<double>(count(table, column));
}

}  // namespace aifsim::records
