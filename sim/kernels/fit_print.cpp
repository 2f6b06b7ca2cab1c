#include "kernels/fit_print.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text_table.hpp"

namespace aifsim {
namespace {

std::string pair(const FitErrors& e) {
  return e.rows == 0 ? "-" : fmt::format("{:.1f} / {:.1f}", 100 * e.median, 100 * e.p90);
}

std::vector<std::string> cells(const FitSlice& s) {
  return {"  " + s.name,   std::to_string(s.model.rows),
          pair(s.model),   fmt::format("{:+.1f}", 100 * s.model.bias),
          pair(s.control), pair(s.previous)};
}

nlohmann::ordered_json json_of(const FitErrors& e) {
  if (e.rows == 0) return nullptr;
  return {{"rows", e.rows}, {"median_ape", 100 * e.median}, {"p90_ape", 100 * e.p90}, {"bias", 100 * e.bias}};
}

nlohmann::ordered_json json_of(const FitSlice& s) {
  return {{"rows", s.name},
          {"model", json_of(s.model)},
          {"control", json_of(s.control)},
          {"previous", json_of(s.previous)}};
}

}  // namespace

std::string print_table(const Calibration& c, std::size_t width) {
  TextTable table({{"", true}, {"rows"}, {"model"}, {"bias"}, {"roofline"}, {"model before"}});
  for (const FamilyFit& fit : c.families) {
    table.heading(fit.family->title);
    if (!fit.problem.empty()) {
      table.heading("  not fitted: " + fit.problem);
      continue;
    }
    for (const FitSlice& slice : fit.slices) table.row(cells(slice));
    for (const FitSlice& slice : fit.left_out) table.row(cells(slice));
    if (fit.groups_not_left_out > 0)
      table.heading(fmt::format("  {} smaller groups were not left out in turn", fit.groups_not_left_out));
    GpuDescription gpu = c.gpu;
    table.heading(fmt::format("  spread {:.3f}; {:.0f} % of held-out rows within the 80 % band of the others",
                              fit.family->info(gpu).spread.value, 100 * fit.coverage));
    if (!fit.unidentified.empty()) {
      std::string keys;
      for (const std::string& key : fit.unidentified) keys += " " + key;
      table.heading("  not identified by these rows:" + keys);
    }
    const std::int64_t points = fit.family->info(gpu).points;
    if (2 * points < fit.points_before)
      table.heading(fmt::format(
          "  fitted to {} rows; the block before stood on {}: give all rows at once, or keep that block",
          points, fit.points_before));
  }
  std::string out =
      fmt::format("{}: {} rows\nAbsolute error in %, median / 90th percentile, on shapes held out\n\n{}",
                  c.gpu.name, c.rows, table.str(width));
  for (const auto& [reason, rows] : c.left_out) out += fmt::format("left out: {} rows, {}\n", rows, reason);
  return out;
}

std::string print_json(const Calibration& c, const FitOptions& options) {
  nlohmann::ordered_json j{{"gpu", c.gpu.name}, {"rows", c.rows}, {"holdout", options.holdout}};
  j["error_unit"] = "percent";
  j["families"] = nlohmann::ordered_json::array();
  for (const FamilyFit& fit : c.families) {
    nlohmann::ordered_json f{{"block", fit.family->block}, {"title", fit.family->title}};
    if (!fit.problem.empty()) {
      f["not_fitted"] = fit.problem;
      j["families"].push_back(std::move(f));
      continue;
    }
    GpuDescription gpu = c.gpu;
    const FitInfo& info = fit.family->info(gpu);
    for (const Constant& constant : fit.family->constants) f["constants"][constant.key] = *constant.at(gpu);
    f["unidentified"] = fit.unidentified;
    f["points"] = info.points;
    f["points_before"] = fit.points_before;
    f["spread"] = info.spread.value;
    f["coverage"] = fit.coverage;
    for (const ReleaseFactor& release : info.releases) f["releases"][release.software] = release.time_factor;
    f["covariance"] = {{"constants", info.constants}, {"lower_triangle", info.covariance}};
    for (const FitSlice& slice : fit.slices) f["held_out"].push_back(json_of(slice));
    for (const FitSlice& slice : fit.left_out) f["left_out"].push_back(json_of(slice));
    f["groups_not_left_out"] = fit.groups_not_left_out;
    j["families"].push_back(std::move(f));
  }
  j["rows_left_out"] = c.left_out;
  return j.dump(2) + "\n";
}

}  // namespace aifsim
