#include "calibration/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/statistics.hpp"
#include "base/text_table.hpp"

namespace aifsim {

std::string percent_or_dash(double value, bool sign) {
  if (!std::isfinite(value)) return "-";
  return sign ? fmt::format("{:+.1f}", value) : fmt::format("{:.1f}", value);
}

nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

namespace {

constexpr double kBand = 1.2816;  // quantile 0.9 of the normal distribution: 80 % lie within

// 0: of no rows.
double spread_of_logs(const std::vector<double>& absolute, SpreadBy by) {
  if (absolute.empty()) return 0;
  if (by == SpreadBy::quantile) return quantile(absolute, 0.8) / kBand;
  double squares = 0;
  for (const double x : absolute) squares += x * x;
  return std::sqrt(squares / static_cast<double>(absolute.size()));
}

double log_error(const ErrorRow& row) { return std::abs(std::log(row.measured / row.predicted)); }

std::string pair(double median, double p90) {
  return std::isfinite(median) ? percent_or_dash(median) + " / " + percent_or_dash(p90) : "-";
}

}  // namespace

void ErrorRow::set_band(double spread) {
  if (!(spread > 0)) return;
  low = predicted * std::exp(-kBand * spread);
  high = predicted * std::exp(kBand * spread);
}

ErrorReport report_of(const std::string& name, std::span<const ErrorRow> rows, std::size_t groups) {
  ErrorReport report;
  report.name = name;
  report.groups = groups;
  std::vector<double> absolute, errors, control, before;
  double banded = 0, within = 0;
  for (const ErrorRow& row : rows) {
    ++report.rows;
    if (!std::isfinite(row.predicted)) continue;
    ++report.covered;
    errors.push_back(row.error());
    absolute.push_back(std::abs(row.error()));
    if (std::isfinite(row.low)) {
      ++banded;
      within += row.low <= row.measured && row.measured <= row.high;
    }
    if (std::isfinite(row.control)) control.push_back(std::abs(row.control / row.measured - 1) * 100);
    if (std::isfinite(row.before)) before.push_back(std::abs(row.before / row.measured - 1) * 100);
  }
  report.median_ape = median(absolute);
  report.p90_ape = quantile(absolute, 0.9);
  report.mean_ape = mean(absolute);
  report.bias = mean(errors);
  report.control_median_ape = median(control);
  report.control_p90_ape = quantile(control, 0.9);
  report.before_median_ape = median(before);
  report.before_p90_ape = quantile(before, 0.9);
  if (banded > 0) report.within_band = 100 * within / banded;
  return report;
}

double spread_of(std::span<const ErrorRow> rows, SpreadBy by) {
  std::vector<double> absolute;
  for (const ErrorRow& row : rows)
    if (std::isfinite(row.predicted)) absolute.push_back(log_error(row));
  return spread_of_logs(absolute, by);
}

void set_bands_from_others(std::span<ErrorRow> rows, std::span<const std::string> parts, SpreadBy by) {
  std::map<std::string, double> spreads;
  for (const std::string& part : parts) spreads.emplace(part, 0);
  for (auto& [part, spread] : spreads) {
    std::vector<double> others;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (parts[i] != part && std::isfinite(rows[i].predicted)) others.push_back(log_error(rows[i]));
    spread = spread_of_logs(others, by);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].set_band(spreads.at(parts[i]));
}

nlohmann::ordered_json json_of(const ErrorReport& r) {
  nlohmann::ordered_json j{{"n", r.rows},
                           {"covered", r.covered},
                           {"groups", r.groups},
                           {"median_ape", number_or_null(r.median_ape)},
                           {"p90_ape", number_or_null(r.p90_ape)},
                           {"mean_ape", number_or_null(r.mean_ape)},
                           {"bias", number_or_null(r.bias)},
                           {"control_median_ape", number_or_null(r.control_median_ape)},
                           {"control_p90_ape", number_or_null(r.control_p90_ape)},
                           {"within_band", number_or_null(r.within_band)}};
  if (std::isfinite(r.before_median_ape)) {
    j["before_median_ape"] = r.before_median_ape;
    j["before_p90_ape"] = r.before_p90_ape;
  }
  return j;
}

std::string error_table(std::span<const ErrorSection> sections, std::size_t width) {
  const auto any = [&](auto has) {
    return std::any_of(sections.begin(), sections.end(), [&](const ErrorSection& section) {
      return std::any_of(section.reports.begin(), section.reports.end(), has);
    });
  };
  const bool before = any([](const ErrorReport& r) { return std::isfinite(r.before_median_ape); });
  const bool banded = any([](const ErrorReport& r) { return std::isfinite(r.within_band); });
  std::vector<TextColumn> columns{{"absolute error in %", true},
                                  {"rows"},
                                  {"covered"},
                                  {"median"},
                                  {"p90"},
                                  {"mean"},
                                  {"bias"},
                                  {"control med/p90"}};
  if (before) columns.push_back({"before med/p90"});
  if (banded) columns.push_back({"in 80 % band"});
  TextTable table(columns);
  for (const ErrorSection& section : sections) {
    if (!section.title.empty()) table.heading(section.title);
    const std::string margin = section.title.empty() ? "" : "  ";
    for (const ErrorReport& r : section.reports) {
      std::vector<std::string> cells{
          margin + (r.name.empty() ? "(empty)" : r.name),
          std::to_string(r.rows),
          std::to_string(r.covered),
          percent_or_dash(r.median_ape),
          percent_or_dash(r.p90_ape),
          percent_or_dash(r.mean_ape),
          percent_or_dash(r.bias, true),
          percent_or_dash(r.control_median_ape) + " / " + percent_or_dash(r.control_p90_ape)};
      if (before) cells.push_back(pair(r.before_median_ape, r.before_p90_ape));
      if (banded)
        cells.push_back(std::isfinite(r.within_band) ? fmt::format("{:.1f} %", r.within_band) : "-");
      table.row(std::move(cells));
    }
    for (const std::string& note : section.notes) table.heading(margin + note);
  }
  return table.str(width);
}

std::string percent_pair(const ErrorReport& report) {
  return fmt::format("{:.1f} / {:.1f} %", report.median_ape, report.p90_ape);
}

}  // namespace aifsim
