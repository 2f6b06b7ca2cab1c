// Rows of measured kernels: a record (base/record.hpp) or any CSV table with its columns, as operations.
#pragma once
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "program/kernel_op.hpp"

namespace aifsim {

struct KernelRow {
  std::string gpu, software, op_word, dtype;  // as the table says
  Seconds time;                               // median
  Watts power;                                // 0 where it was not logged
  // Run for seconds on end: `mode` says so, or the power of a GEMM was logged, which takes as long.
  bool sustained = false;
  std::optional<KernelOp> op;  // absent: not an operation that the models know
  std::string unsupported;     // and why
  Place place;
  std::string group;  // cells of the columns given as `by`
};

// The release in a cell `software`: its first word, since tables add the model that was measured.
std::string_view release_of(std::string_view software);

// Calls `take` on each kernel row; rows of collectives, storage and whole steps are unsupported with their
// reason. InputError: no column `op`, `gpu`, `dtype` or `time_us`, a cell that is no number, a shape without
// one of its sizes, a column `by` that the table lacks.
void read_kernel_rows(std::istream& in, const std::string& name, const std::string& by,
                      const std::function<void(KernelRow&&)>& take);

// InputError where that would refuse the table's current row.
void check_kernel_row(const CsvReader& table);
// The operations that the models know, for a word that is none of them.
std::vector<std::string_view> kernel_operations();

}  // namespace aifsim
