// Reads a table in CSV (RFC 4180: quoted cells, doubled quotes, line breaks inside quotes), row by row.
#pragma once
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"

namespace aifsim {

class CsvReader {
 public:
  // Reads the header line. `name` is used in messages. InputError: no header, a column named twice, an open
  // quote, columns parted by semicolons or tabs.
  // `lines_before`: lines of the file already taken off `in`.
  CsvReader(std::istream& in, std::string name, int lines_before = 0);

  const std::vector<std::string>& columns() const { return columns_; }
  bool has(std::string_view column) const;
  // InputError naming all columns that are missing and those that are there.
  void require(const std::vector<std::string>& columns) const;

  // The next row; false at the end. InputError when a row has more or fewer cells than the header.
  bool next();

  // Cells of the current row, by column name; "" for a column that the table does not have.
  const std::string& cell(std::string_view column) const;
  // Numbers of the current row: nullopt for an empty cell, InputError for anything else that is no number.
  std::optional<double> number(std::string_view column) const;
  std::optional<std::int64_t> integer(std::string_view column) const;
  Place header_place(std::string_view column) const;  // of its name
  Place place(std::string_view column) const;  // line of the row, number of the column's first character

 private:
  bool read_record(std::vector<std::string>& cells);
  void refuse_other_separators() const;
  std::istream& in_;
  std::string name_;
  std::vector<std::string> columns_, cells_;
  std::vector<int> starts_, header_starts_;  // column of each cell's first character in its line
  std::unordered_map<std::string, std::size_t> index_;
  int line_ = 1, row_line_ = 1, header_line_ = 1;
};

}  // namespace aifsim
