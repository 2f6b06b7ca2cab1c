#include "report/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/statistics.hpp"

namespace aifsim {
namespace {

double mfu_of(const MeasuredRow& r) {
  if (r.model_flops.value <= 0 || r.peak.value <= 0) return std::numeric_limits<double>::quiet_NaN();
  return r.model_flops.value / (r.measured.value * r.peak.value);
}

double control_of(const std::vector<MeasuredRow>& rows, const MeasuredRow& row) {
  std::vector<double> others;
  for (const MeasuredRow& r : rows)
    if (r.group != row.group && r.family == row.family && r.precision == row.precision &&
        std::isfinite(mfu_of(r)))
      others.push_back(mfu_of(r));
  if (others.empty() || !std::isfinite(mfu_of(row))) return std::numeric_limits<double>::quiet_NaN();
  return row.model_flops.value / (median(others) * row.peak.value);
}

ValidationSummary summarise(const std::string& group, const std::vector<const ValidatedRow*>& rows) {
  ValidationSummary s;
  s.group = group;
  s.n = rows.size();
  std::vector<double> absolute, signed_errors, control;
  for (const ValidatedRow* r : rows) {
    if (!r->covered()) continue;
    ++s.covered;
    absolute.push_back(std::abs(r->error()));
    signed_errors.push_back(r->error());
    if (std::isfinite(r->control)) control.push_back(std::abs(r->control / r->measured - 1) * 100);
  }
  s.median_ape = median(absolute);
  s.p90_ape = quantile(absolute, 0.9);
  s.mean_ape = mean(absolute);
  s.bias = mean(signed_errors);
  s.control_median_ape = median(control);
  s.control_p90_ape = quantile(control, 0.9);
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
  return j;
}

std::string percent(double v, bool sign = false) {
  if (!std::isfinite(v)) return "-";
  return sign ? fmt::format("{:+.1f}", v) : fmt::format("{:.1f}", v);
}

}  // namespace

Validation validate(const std::vector<MeasuredRow>& rows, const std::vector<double>& predicted,
                    const std::vector<std::string>& unsupported) {
  Validation v;
  for (std::size_t i = 0; i < rows.size(); ++i)
    v.rows.push_back({rows[i].id, rows[i].group, rows[i].measured.value, predicted[i],
                      control_of(rows, rows[i]), unsupported[i]});
  std::vector<const ValidatedRow*> all;
  std::vector<std::string> names;
  for (const auto& r : v.rows) {
    all.push_back(&r);
    if (std::find(names.begin(), names.end(), r.group) == names.end()) names.push_back(r.group);
  }
  for (const auto& name : names) {
    std::vector<const ValidatedRow*> members;
    for (const auto* r : all)
      if (r->group == name) members.push_back(r);
    v.groups.push_back(summarise(name, members));
  }
  v.summary = summarise("all", all);
  return v;
}

std::string validation_text(const Validation& v, bool with_rows) {
  std::string out;
  if (with_rows) {
    out += fmt::format("{:<34} {:<18} {:>11} {:>11} {:>8}\n", "row", "group", "predicted s", "measured s",
                       "error %");
    for (const auto& r : v.rows) {
      out += r.covered() ? fmt::format("{:<34} {:<18} {:>11.4f} {:>11.4f} {:>+8.1f}\n", r.id, r.group,
                                       r.predicted, r.measured, r.error())
                         : fmt::format("{:<34} {:<18} {:>11} {:>11.4f}          {}\n", r.id, r.group, "-",
                                       r.measured, r.unsupported);
    }
    out += '\n';
  }
  out += fmt::format("{:<24} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}   {:>16}\n", "absolute error in %", "rows",
                     "covered", "median", "p90", "mean", "bias", "control med/p90");
  const auto line = [&](const ValidationSummary& s) {
    out += fmt::format("{:<24} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}   {:>16}\n",
                       s.group.empty() ? "(empty)" : s.group, s.n, s.covered, percent(s.median_ape),
                       percent(s.p90_ape), percent(s.mean_ape), percent(s.bias, true),
                       percent(s.control_median_ape) + " / " + percent(s.control_p90_ape));
  };
  for (const auto& g : v.groups) line(g);
  line(v.summary);
  return out;
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
