#include "calibration/errors.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace aifsim;

namespace {

ErrorRow row(double measured, double predicted, double control = kNoFigure) {
  ErrorRow made;
  made.measured = measured;
  made.predicted = predicted;
  made.control = control;
  return made;
}

}  // namespace

TEST_CASE("a report has the errors of predicted rows, signed and not, beside the control's") {
  const std::vector<ErrorRow> rows{row(1, 1.1, 2), row(2, 1.8, 2), row(4, 4.4), row(5, kNoFigure, 9)};
  const ErrorReport report = report_of("some", rows, 2);
  CHECK(report.rows == 4);
  CHECK(report.covered == 3);
  CHECK(report.groups == 2);
  CHECK(report.median_ape == Approx(10));
  CHECK(report.bias == Approx(10.0 / 3));
  CHECK(report.control_median_ape == Approx(50));  // of 100 and 0; a row without a prediction does not count
  CHECK(std::isnan(report.within_band));
  CHECK(json_of(report).at("within_band").is_null());
  CHECK(json_of(report).at("covered") == 3);
}

TEST_CASE("a row's band is that of the other parts") {
  // Part "a" errs by up to a factor of e^0.1, part "b" by e^0.4.
  std::vector<ErrorRow> rows;
  std::vector<std::string> parts;
  for (const double error : {0.02, 0.04, 0.06, 0.08, 0.1}) {
    rows.push_back(row(1, std::exp(error)));
    parts.emplace_back("a");
    rows.push_back(row(1, std::exp(-4 * error)));
    parts.emplace_back("b");
  }
  set_bands_from_others(rows, parts);
  CHECK(std::log(rows[0].high / rows[0].predicted) == Approx(4 * 0.084));  // quantile 0.8 of b's
  CHECK(std::log(rows[1].high / rows[1].predicted) == Approx(0.084));
  CHECK(report_of("a and b", rows).within_band == Approx(60));  // all of a, of b one whose error is 0.08
  std::vector<ErrorRow> alone{rows[0]};
  alone[0].low = alone[0].high = kNoFigure;
  set_bands_from_others(alone, std::vector<std::string>{"a"});
  CHECK(std::isnan(alone[0].low));  // there are no others
}

TEST_CASE("the spread of few rows is their root mean square") {
  const std::vector<ErrorRow> rows{row(1, std::exp(0.3)), row(1, std::exp(-0.4)), row(1, kNoFigure)};
  CHECK(spread_of(rows, SpreadBy::mean_square) == Approx(std::sqrt(0.125)));
  CHECK(spread_of(rows) == Approx(0.38 / 1.2816));
  CHECK(spread_of({}) == 0);
}
