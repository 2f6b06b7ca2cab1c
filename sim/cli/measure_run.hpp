// Runs a measuring program of real_runs/ and reads what it prints (real_runs/common/lines.hpp).
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/record.hpp"

namespace aifsim {

struct Measured {
  Metadata metadata;
  std::vector<RecordRow> rows;
  std::vector<std::pair<std::string, std::string>> skipped;  // case, reason
};

// The cell of a column; "" where the row has none.
std::string cell_of(const RecordRow& row, const std::string& column);

using MeasureProgress = std::function<void(std::size_t index, std::size_t count, const std::string& name)>;

// Adds to `measured`. CannotAnswer: the program cannot be started, says why it cannot measure, prints
// something else than its lines, or fails.
void run_measuring_program(const std::vector<std::string>& command,
                           const std::vector<std::pair<std::string, std::string>>& environment,
                           Measured& measured, const MeasureProgress& progress);

}  // namespace aifsim
