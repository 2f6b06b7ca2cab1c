// Predictions against measurements: errors per row, per group and overall, beside the naive control.
//
//   error        (predicted / measured - 1) * 100 %
#pragma once
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace aifsim {

struct ValidatedRow {
  std::string id, group;
  double measured = 0;                                                // seconds
  double predicted = std::numeric_limits<double>::quiet_NaN();        // seconds
  double control = std::numeric_limits<double>::quiet_NaN();          // seconds
  std::string unsupported;                                            // why there is no prediction, or ""
  std::string assumed = {};                                           // columns that the row leaves open
  bool fits = true;                                                   // as far as the memory model tells
  bool crashed = false;                                               // no time was measured
  double memory = std::numeric_limits<double>::quiet_NaN();           // GiB per GPU, predicted
  double measured_memory = std::numeric_limits<double>::quiet_NaN();  // GiB per GPU
  bool timed() const { return !crashed && std::isfinite(measured); }
  bool covered() const { return unsupported.empty(); }
  double error() const { return (predicted / measured - 1) * 100; }  // percent
  // 10 and 90 % of the predicted distribution, seconds; NaN where the model has no spread.
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

struct ValidationSummary {
  std::string group;
  std::size_t n = 0, covered = 0;
  double median_ape = 0, p90_ape = 0, mean_ape = 0, bias = 0;  // percent; NaN where nothing is covered
  double control_median_ape = 0, control_p90_ape = 0;          // on the covered rows that have a control
  double within_band = 0;  // percent of the covered rows between low and high; NaN without a band
};

// Peak memory, and whether a run fits.
struct MemorySummary {
  std::size_t n = 0;                              // rows with a measured peak
  double median_ape = 0, p90_ape = 0, bias = 0;   // percent
  std::size_t ran = 0, ran_called_too_large = 0;  // of those with a prediction
  std::size_t crashed = 0, crashed_called_too_large = 0;
};

// Questions of which five layouts and more ran: what the predicted best costs over the measured best.
struct ChoiceSummary {
  std::size_t questions = 0;
  double within_5 = 0, within_15 = 0;  // percent of them
  double worst = 0;                    // percent over the best
  double rank_correlation = 0;         // Spearman's, median
};

struct Validation {
  std::vector<ValidatedRow> rows;
  std::vector<ValidationSummary> groups;  // in order of first appearance
  ValidationSummary summary;
  MemorySummary memory = {};
  ChoiceSummary choice = {};
};

// Groups the rows and takes the statistics.
Validation summarise(std::vector<ValidatedRow> rows);

// Written as they are made, as a table may have millions of rows. Folded where it is wider than `width`, 0 = no
// limit.
void print_validation_text(std::ostream& out, const Validation& validation, bool with_rows,
                           std::size_t width = 0);
void print_validation_json(std::ostream& out, const Validation& validation);

}  // namespace aifsim
