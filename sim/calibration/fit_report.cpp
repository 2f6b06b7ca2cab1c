#include "calibration/fit_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace aifsim {
namespace {

ErrorSection section_of(const FittedBlock& block) {
  ErrorSection section{block.title, {}, {}};
  if (!block.problem.empty()) {
    section.notes.push_back("not fitted: " + block.problem);
    return section;
  }
  section.reports = block.errors;
  section.reports.insert(section.reports.end(), block.left_out.begin(), block.left_out.end());
  if (block.groups_not_left_out > 0)
    section.notes.push_back(
        fmt::format("{} smaller groups were not left out in turn", block.groups_not_left_out));
  section.notes.push_back(fmt::format("spread {:.3f}", block.fit.spread.value));
  if (!block.unidentified.empty())
    section.notes.push_back(
        fmt::format("not identified by these rows: {}", fmt::join(block.unidentified, " ")));
  if (2 * block.fit.points < block.points_before)
    section.notes.push_back(fmt::format(
        "fitted to {} rows; the block before stood on {}: give all rows at once, or keep that block",
        block.fit.points, block.points_before));
  return section;
}

nlohmann::ordered_json list_of(const std::vector<ErrorReport>& reports) {
  auto list = nlohmann::ordered_json::array();
  for (const ErrorReport& report : reports) {
    nlohmann::ordered_json one{{"rows", report.name}};
    one.update(json_of(report));
    list.push_back(std::move(one));
  }
  return list;
}

nlohmann::ordered_json json_of(const FittedBlock& block) {
  nlohmann::ordered_json j{{"block", block.block}, {"title", block.title}};
  if (!block.problem.empty()) {
    j["not_fitted"] = block.problem;
    return j;
  }
  for (const auto& [key, value] : block.constants) j["constants"][key] = value;
  j["unidentified"] = block.unidentified;
  j["points"] = block.fit.points;
  j["points_before"] = block.points_before;
  j["spread"] = block.fit.spread.value;
  for (const ReleaseFactor& release : block.fit.releases)
    j["releases"][release.software] = release.time_factor;
  if (!block.fit.constants.empty())
    j["covariance"] = {{"constants", block.fit.constants}, {"lower_triangle", block.fit.covariance}};
  j["errors"] = list_of(block.errors);
  j["left_out"] = list_of(block.left_out);
  j["groups_not_left_out"] = block.groups_not_left_out;
  return j;
}

}  // namespace

std::string range_of(const std::string& what, std::span<const double> seconds) {
  const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
  return fmt::format("{} of {:.3g} us to {:.3g} ms", what, *least * 1e6, *most * 1e3);
}

std::string why_nothing_fitted(const FitReport& report) {
  std::string why;
  for (const FittedBlock& block : report.blocks) {
    if (block.problem.empty()) return "";
    why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", block.title, block.problem);
  }
  for (const auto& [reason, rows] : report.left_out)
    why += fmt::format("{}{} rows left out: {}", why.empty() ? "" : "; ", rows, reason);
  return why.empty() ? "no row can be fitted to" : why;
}

std::string text_of(const FitReport& report, std::size_t width) {
  std::vector<ErrorSection> sections;
  for (const FittedBlock& block : report.blocks) sections.push_back(section_of(block));
  std::string out = fmt::format("{}: {} rows\n\n{}", report.of, report.rows, error_table(sections, width));
  for (const auto& [reason, rows] : report.left_out)
    out += fmt::format("left out: {} rows, {}\n", rows, reason);
  return out;
}

std::string json_of(const FitReport& report) {
  nlohmann::ordered_json j{{"of", report.of}, {"rows", report.rows}, {"error_unit", "percent"}};
  j["blocks"] = nlohmann::ordered_json::array();
  for (const FittedBlock& block : report.blocks) j["blocks"].push_back(json_of(block));
  j["rows_left_out"] = report.left_out;
  return j.dump(2) + "\n";
}

}  // namespace aifsim
