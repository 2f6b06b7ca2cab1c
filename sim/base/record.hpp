// A record of measurements: a CSV table that may begin with lines "# key: value", the metadata (device,
// driver, libraries, clocks, date). Columns: real_runs/README.md. What `measure` and `import` write, and what
// `calibrate` and `validate` read.
#pragma once
#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/csv.hpp"

namespace aifsim {

using Metadata = std::vector<std::pair<std::string, std::string>>;

// All columns that a record may have, in the order in which they are written.
const std::vector<std::string>& record_columns();

// All columns of a table of training runs (README.md), in the order in which they are written.
const std::vector<std::string>& training_columns();

// Takes the metadata off the front of `in`, which then stands at the header. `lines` becomes the number of
// lines taken, so that a CsvReader counts on from there.
Metadata read_metadata(std::istream& in, int& lines);

// One row: cells by column. A number goes in with as few digits as give it back.
class RecordRow {
 public:
  RecordRow& set(std::string column, std::string value);
  RecordRow& set(std::string column, const char* value) { return set(std::move(column), std::string(value)); }
  RecordRow& set(std::string column, double value);
  const std::vector<std::pair<std::string, std::string>>& cells() const { return cells_; }
  const std::string* find(std::string_view column) const;  // null where it is not set

 private:
  std::vector<std::pair<std::string, std::string>> cells_;
};

// Writes metadata, header and rows as they come. The header has those of `all` that `columns` names (all
// when empty). std::logic_error for a cell in a column that the header lacks.
class RecordWriter {
 public:
  RecordWriter(std::ostream& out, const Metadata& metadata, std::vector<std::string> columns = {},
               const std::vector<std::string>& all = record_columns());
  void write(const RecordRow& row);
  std::size_t rows() const { return rows_; }

 private:
  std::ostream& out_;
  std::vector<std::string> columns_;
  std::size_t rows_ = 0;
};

}  // namespace aifsim
