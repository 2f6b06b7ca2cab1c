#include "report/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/statistics.hpp"
#include "base/text_table.hpp"

namespace aifsim {
namespace {

ValidationSummary summary_of(const std::string& group, const std::vector<const ValidatedRow*>& rows) {
  ValidationSummary s;
  s.group = group;
  s.n = rows.size();
  std::vector<double> absolute, signed_errors, control;
  double banded = 0, within = 0;
  for (const ValidatedRow* r : rows) {
    if (!r->covered()) continue;
    ++s.covered;
    absolute.push_back(std::abs(r->error()));
    signed_errors.push_back(r->error());
    if (std::isfinite(r->low)) {
      ++banded;
      within += r->low <= r->measured && r->measured <= r->high;
    }
    if (std::isfinite(r->control)) control.push_back(std::abs(r->control / r->measured - 1) * 100);
  }
  s.median_ape = median(absolute);
  s.p90_ape = quantile(absolute, 0.9);
  s.mean_ape = mean(absolute);
  s.bias = mean(signed_errors);
  s.control_median_ape = median(control);
  s.control_p90_ape = quantile(control, 0.9);
  s.within_band = banded > 0 ? 100 * within / banded : std::numeric_limits<double>::quiet_NaN();
  return s;
}

nlohmann::ordered_json number(double v) {
  return std::isfinite(v) ? nlohmann::ordered_json(v) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json summary_json(const ValidationSummary& s, bool with_group) {
  nlohmann::ordered_json j;
  if (with_group) j["group"] = s.group;
  j["n"] = s.n;
  j["covered"] = s.covered;
  j["median_ape"] = number(s.median_ape);
  j["p90_ape"] = number(s.p90_ape);
  j["mean_ape"] = number(s.mean_ape);
  j["bias"] = number(s.bias);
  j["control_median_ape"] = number(s.control_median_ape);
  j["control_p90_ape"] = number(s.control_p90_ape);
  if (std::isfinite(s.within_band)) j["within_band"] = s.within_band;
  return j;
}

std::string percent(double v, bool sign = false) {
  if (!std::isfinite(v)) return "-";
  return sign ? fmt::format("{:+.1f}", v) : fmt::format("{:.1f}", v);
}

}  // namespace

Validation summarise(std::vector<ValidatedRow> rows) {
  Validation v;
  v.rows = std::move(rows);
  std::vector<const ValidatedRow*> all;
  std::vector<std::string> names;
  std::unordered_map<std::string, std::vector<const ValidatedRow*>> members;
  for (const ValidatedRow& r : v.rows) {
    all.push_back(&r);
    auto& group = members[r.group];
    if (group.empty()) names.push_back(r.group);
    group.push_back(&r);
  }
  for (const std::string& name : names) v.groups.push_back(summary_of(name, members[name]));
  v.summary = summary_of("all", all);
  return v;
}

std::string validation_text(const Validation& v, bool with_rows, std::size_t width) {
  std::string out;
  if (with_rows) {
    TextTable table({{"row", true}, {"group", true}, {"predicted s"}, {"measured s"}, {"error %"}}, 1);
    for (const auto& r : v.rows) {
      const std::string measured = fmt::format("{:.5g}", r.measured);
      if (r.covered())
        table.row(
            {r.id, r.group, fmt::format("{:.5g}", r.predicted), measured, fmt::format("{:+.1f}", r.error())});
      else
        table.remark({r.id}, fmt::format("{}, measured {} s: {}", r.group, measured, r.unsupported));
    }
    out += table.str(width) + '\n';
  }
  const bool banded = std::isfinite(v.summary.within_band);
  std::vector<TextColumn> columns{{"absolute error in %", true},
                                  {"rows"},
                                  {"covered"},
                                  {"median"},
                                  {"p90"},
                                  {"mean"},
                                  {"bias"},
                                  {"control med/p90"}};
  if (banded) columns.push_back({"in 80 % band"});
  TextTable table(columns);
  const auto line = [&](const ValidationSummary& s) {
    std::vector<std::string> cells{s.group.empty() ? "(empty)" : s.group,
                                   std::to_string(s.n),
                                   std::to_string(s.covered),
                                   percent(s.median_ape),
                                   percent(s.p90_ape),
                                   percent(s.mean_ape),
                                   percent(s.bias, true),
                                   percent(s.control_median_ape) + " / " + percent(s.control_p90_ape)};
    if (banded) cells.push_back(std::isfinite(s.within_band) ? fmt::format("{:.1f} %", s.within_band) : "-");
    table.row(std::move(cells));
  };
  for (const auto& g : v.groups) line(g);
  line(v.summary);
  return out + table.str(width);
}

std::string validation_json(const Validation& v) {
  nlohmann::ordered_json j;
  j["error_unit"] = "percent";
  j["time_unit"] = "s";
  j["rows"] = nlohmann::ordered_json::array();
  for (const auto& r : v.rows) {
    nlohmann::ordered_json row{{"id", r.id}, {"group", r.group}, {"measured", r.measured}};
    if (r.covered()) {
      row["predicted"] = r.predicted;
      row["error"] = r.error();
      if (std::isfinite(r.low)) row["band"] = {r.low, r.high};
    } else {
      row["unsupported"] = r.unsupported;
    }
    row["control"] = number(r.control);
    j["rows"].push_back(std::move(row));
  }
  j["groups"] = nlohmann::ordered_json::array();
  for (const auto& g : v.groups) j["groups"].push_back(summary_json(g, true));
  j["summary"] = summary_json(v.summary, false);
  return j.dump(2) + "\n";
}

}  // namespace aifsim
