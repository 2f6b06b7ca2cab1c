// Errors of predictions beside what was measured: the one report that fits and validations print.
//
//   error     (predicted / measured - 1) * 100 %
//   spread    s, of log(measured / predicted): 80 % of the rows lie within 1.2816 s, as of a normal distribution
//   band      predicted * exp(-+ 1.2816 s); coverage: the share of rows that lie in theirs
//   control   a naive prediction of the same rows, which a model must beat
#pragma once
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace aifsim {

inline constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

// What is no number is "-" in text and null in JSON.
std::string percent_or_dash(double value, bool sign = false);
nlohmann::ordered_json number_or_null(double value);

// Times in seconds, or powers in watts; NaN where there is none.
struct ErrorRow {
  double measured = 0;
  double predicted = kNoFigure;
  double control = kNoFigure;
  double before = kNoFigure;                 // by the constants that a fit replaces
  double low = kNoFigure, high = kNoFigure;  // the band
  double error() const { return (predicted / measured - 1) * 100; }
  void set_band(double spread);  // nothing for a spread of 0
};

// In percent; NaN where no row tells it.
struct ErrorReport {
  std::string name;
  std::size_t rows = 0, covered = 0;  // measured; predicted of these
  std::size_t groups = 0;             // that the rows come from
  double median_ape = kNoFigure, p90_ape = kNoFigure, mean_ape = kNoFigure,
         bias = kNoFigure;  // bias: mean error
  double control_median_ape = kNoFigure,
         control_p90_ape = kNoFigure;  // of the covered rows that have a control
  double before_median_ape = kNoFigure, before_p90_ape = kNoFigure;
  double within_band = kNoFigure;  // of the covered rows that have a band
};

ErrorReport report_of(const std::string& name, std::span<const ErrorRow> rows, std::size_t groups = 1);

// Of few rows a quantile tells little: there it is the root mean square, which is the same of a normal distribution.
enum class SpreadBy { quantile, mean_square };
// Of rows that the fit has not seen.
double spread_of(std::span<const ErrorRow> rows, SpreadBy by = SpreadBy::quantile);
// Gives each row the band that the rows of the other parts have.
void set_bands_from_others(std::span<ErrorRow> rows, std::span<const std::string> parts,
                           SpreadBy by = SpreadBy::quantile);

nlohmann::ordered_json json_of(const ErrorReport& report);

// A table of reports under headings: `notes` stand below the rows of their section.
struct ErrorSection {
  std::string title;  // "": none
  std::vector<ErrorReport> reports;
  std::vector<std::string> notes = {};
};
std::string error_table(std::span<const ErrorSection> sections, std::size_t width = 0);

// "2.7 / 10.4 %": median and 90th percentile.
std::string percent_pair(const ErrorReport& report);

}  // namespace aifsim
