// Predictions against measured runs: errors per row, per group and overall, beside the naive control.
//
//   error        (predicted / measured - 1) * 100 %
//   control      constant MFU: the median MFU of the other groups' rows with the same GPU family and
//   precision,
//                MFU = model FLOPs per second / dense peak
#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "factory/training_table.hpp"

namespace aifsim {

struct ValidatedRow {
  std::string id, group;
  double measured = 0;                                          // seconds
  double predicted = std::numeric_limits<double>::quiet_NaN();  // seconds
  double control = std::numeric_limits<double>::quiet_NaN();    // seconds
  std::string unsupported;                                      // why there is no prediction, or ""
  bool covered() const { return unsupported.empty(); }
  double error() const { return (predicted / measured - 1) * 100; }  // percent
};

struct ValidationSummary {
  std::string group;
  std::size_t n = 0, covered = 0;
  double median_ape = 0, p90_ape = 0, mean_ape = 0, bias = 0;  // percent; NaN where nothing is covered
  double control_median_ape = 0, control_p90_ape = 0;          // on the covered rows that have a control
};

struct Validation {
  std::vector<ValidatedRow> rows;
  std::vector<ValidationSummary> groups;  // in order of first appearance
  ValidationSummary summary;
};

// Fills in the controls and the statistics; `predicted[i]` belongs to `rows[i]` (NaN where it has no
// prediction).
Validation validate(const std::vector<MeasuredRow>& rows, const std::vector<double>& predicted,
                    const std::vector<std::string>& unsupported);

std::string validation_text(const Validation& validation, bool with_rows);
std::string validation_json(const Validation& validation);

}  // namespace aifsim
