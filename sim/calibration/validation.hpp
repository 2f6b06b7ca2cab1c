// Predictions against measurements: errors per row, per group and overall, beside the naive control.
#pragma once
#include <cmath>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "calibration/errors.hpp"
#include "calibration/fit_report.hpp"

namespace aifsim {

struct ValidatedRow : ErrorRow {
  std::string id, group;
  std::string unsupported;             // why there is no prediction, or ""
  std::string assumed = {};            // columns that the row leaves open
  bool fits = true;                    // as far as the memory model tells
  bool tight = false;                  // the same
  bool crashed = false;                // no time was measured
  double memory = kNoFigure;           // GiB per GPU, predicted
  double measured_memory = kNoFigure;  // GiB per GPU
  std::optional<ErrorRow> power;       // W, of a kernel whose power was logged
  bool timed() const { return !crashed && std::isfinite(measured); }
  bool covered() const { return unsupported.empty(); }
};

// Peak memory, and whether a run fits.
struct MemorySummary {
  std::size_t n = 0;                              // rows with a measured peak
  double median_ape = 0, p90_ape = 0, bias = 0;   // percent
  std::size_t ran = 0, ran_called_too_large = 0;  // of those with a prediction
  std::size_t crashed = 0, crashed_called_too_large = 0;
};

// Questions of which five layouts and more ran: what the best of the predicted, of
// those that are taken to fit in memory, costs over the best of the measured.
struct ChoiceSummary {
  std::size_t questions = 0;
  double within_5 = 0, within_15 = 0;  // percent of them
  double worst = 0;                    // percent over the best
  double rank_correlation = 0;         // Spearman's, median
};

struct Validation {
  std::string quantity = "time", unit = "s";  // of what was measured
  std::vector<ValidatedRow> rows;
  std::vector<ErrorReport> groups;  // in order of first appearance
  ErrorReport summary;
  std::vector<ErrorReport> power = {};  // of the groups with logged power, and of all
  MemorySummary memory = {};
  ChoiceSummary choice = {};
  std::string hint = {};  // what to look at in the table; "" = nothing
};

// Of a row that no fit left out: too few rows of other groups, or not among those that a fit takes.
inline constexpr const char* kNotLeftOut = "no fit to other groups predicts it";
// The predictions of rows that a fit left out; row i of the calibration is rows[i].
void set_left_out(std::vector<ValidatedRow>& rows, const FitReport& calibration);

// Groups the rows and takes the statistics.
Validation summarise(std::vector<ValidatedRow> rows);

// Written as they are made, as a table may have millions of rows. Folded where it is wider than `width`, 0 = no
// limit.
void print_validation_text(std::ostream& out, const Validation& validation, bool with_rows,
                           std::size_t width = 0);
void print_validation_json(std::ostream& out, const Validation& validation);

}  // namespace aifsim
