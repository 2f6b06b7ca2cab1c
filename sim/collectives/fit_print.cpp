#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "collectives/fit.hpp"
#include "collectives/library_model.hpp"

namespace aifsim {
namespace {

std::string pair(const CollectiveErrors& e) {
  return e.rows == 0 ? "-" : fmt::format("{:.1f} / {:.1f}", e.median, e.p90);
}

std::string line(const CollectiveSlice& s) {
  return fmt::format("  {:<28} {:>7}  {:>15} {:>+7.1f}  {:>15}\n", s.name, s.model.rows, pair(s.model),
                     s.model.bias, pair(s.control));
}

nlohmann::ordered_json json_of(const CollectiveErrors& e) {
  if (e.rows == 0) return nullptr;
  return {{"rows", e.rows}, {"median_ape", e.median}, {"p90_ape", e.p90}, {"bias", e.bias}};
}

nlohmann::ordered_json json_of(const CollectiveSlice& s) {
  return {{"rows", s.name}, {"model", json_of(s.model)}, {"control", json_of(s.control)}};
}

std::string value_text(ModelUnit unit, double v) {
  switch (unit) {
    case ModelUnit::seconds:
      return v < 1e-6 ? fmt::format("{:.4g}ns", v * 1e9) : fmt::format("{:.4g}us", v * 1e6);
    case ModelUnit::ramp:
      return fmt::format("{:.8f}ns", v * 1e9);
    case ModelUnit::bytes:
      return v >= 1e9 ? fmt::format("{:.4g}GB", v / 1e9) : fmt::format("{:.0f}B", v);
    case ModelUnit::bandwidth:
      return fmt::format("{:.6f}GB/s", v / 1e9);
    case ModelUnit::number:
      break;
  }
  return fmt::format("{:.4g}", v);
}

template <class T>
void put_block(std::string& out, const T& model, const std::string& head, const std::string& source) {
  out += "    - " + head;
  const std::string in = "      ";
  if (!head.empty()) out += in;
  out += fmt::format("source: \"{}\"\n{}confidence: fitted\n", source, in);
  for (const ModelConstant<T>& c : model_constants<T>())
    out += fmt::format("{}{}: {}\n", in, c.key, value_text(c.unit, model.*c.member));
  out += fmt::format("{}control: {{alpha: {}, beta: {}}}\n", in,
                     value_text(ModelUnit::seconds, model.control.alpha),
                     value_text(ModelUnit::bandwidth, model.control.beta));
  out += fmt::format("{}fit:\n{}  spread: {:.4f}\n{}  points: {}\n", in, in, model.fit.spread.value, in,
                     model.fit.points);
  if (!model.fit.range.empty()) out += fmt::format("{}  range: {}\n", in, model.fit.range);
  if (!model.fit.date.empty()) out += fmt::format("{}  date: \"{}\"\n", in, model.fit.date);
  if (model.fit.releases.empty()) return;
  out += in + "  releases:\n";
  for (const ReleaseFactor& r : model.fit.releases)
    out += fmt::format("{}    - {{software: \"{}\", time_factor: {:.4f}, fixed_time: {}}}\n", in, r.software,
                       r.time_factor, value_text(ModelUnit::seconds, r.fixed_time.value));
}

std::string source_of(const FitInfo& fit, const std::string& otherwise) {
  return fit.spread.source.empty() ? otherwise : fit.spread.source;
}

}  // namespace

std::string collective_fit_text(const CollectiveCalibration& c) {
  std::string out = fmt::format(
      "{}\nAbsolute error in %, median / 90th percentile\n\n  {:<28} {:>7}  {:>15} {:>7}  {:>15}\n",
      c.platform.name, "", "rows", "model", "bias", "alpha-beta");
  for (const CollectiveFit& fit : c.fits) {
    out += fit.block + "\n";
    if (!fit.problem.empty()) {
      out += "  not fitted: " + fit.problem + "\n";
      continue;
    }
    for (const CollectiveSlice* s : {&fit.fitted, &fit.held_out, &fit.left_out})
      if (s->model.rows > 0) out += line(*s);
    if (fit.groups.size() > 1)
      for (const CollectiveSlice& s : fit.groups) {
        CollectiveSlice named = s;
        named.name = "without " + s.name;
        out += line(named);
      }
    if (!fit.unidentified.empty()) {
      out += "  not identified by these rows:";
      for (const std::string& key : fit.unidentified) out += " " + key;
      out += "\n";
    }
  }
  for (const auto& [reason, rows] : c.left_out) out += fmt::format("left out: {} rows, {}\n", rows, reason);
  return out;
}

std::string collective_fit_json(const CollectiveCalibration& c) {
  nlohmann::ordered_json j{{"platform", c.platform.name}, {"error_unit", "percent"}};
  j["blocks"] = nlohmann::ordered_json::array();
  for (const CollectiveFit& fit : c.fits) {
    nlohmann::ordered_json f{{"block", fit.block}, {"rows", fit.rows}};
    if (!fit.problem.empty()) {
      f["not_fitted"] = fit.problem;
      j["blocks"].push_back(std::move(f));
      continue;
    }
    for (const auto& [key, value] : fit.constants) f["constants"][key] = value;
    f["unidentified"] = fit.unidentified;
    f["fitted"] = json_of(fit.fitted);
    f["held_out"] = json_of(fit.held_out);
    f["left_out"] = json_of(fit.left_out);
    f["groups"] = nlohmann::ordered_json::array();
    for (const CollectiveSlice& s : fit.groups) f["groups"].push_back(json_of(s));
    j["blocks"].push_back(std::move(f));
  }
  j["rows_left_out"] = c.left_out;
  return j.dump(2) + "\n";
}

std::string fits_yaml(const CollectiveCalibration& c, const CollectiveFitOptions& options) {
  const PlatformDescription& platform = c.platform;
  std::string out = "kind: platform\n";
  for (const CollectiveFit& fit : c.fits) {
    if (fit.block != "library" || !fit.problem.empty()) continue;
    out += fmt::format("communication:\n  source: \"{}; {} rows, {}\"\n  confidence: fitted\n",
                       options.source, fit.rows, options.date);
    for (const ModelConstant<LibraryModel>& constant : model_constants<LibraryModel>())
      for (const auto& [key, value] : fit.constants)
        if (key == constant.key) out += fmt::format("  {}: {}\n", key, value_text(constant.unit, value));
    out += fmt::format("  log_spread: {:.4f}\n  control: {{alpha: {}, beta: {}}}\n",
                       platform.communication.log_spread.value,
                       value_text(ModelUnit::seconds, platform.communication.control.alpha),
                       value_text(ModelUnit::bandwidth, platform.communication.control.beta));
  }
  const CollectiveModels& m = platform.collectives;
  if (m.kernels.empty() && m.steps.empty() && m.experts.empty()) return out;
  out += "collectives:\n";
  // A block that this fit has not touched keeps its source.
  const auto source = [&](const FitInfo& fit) {
    return fit.date == options.date ? options.source : source_of(fit, options.source);
  };
  if (!m.kernels.empty()) out += "  kernels:\n";
  for (const KernelModel& b : m.kernels)
    put_block(out, b, fmt::format("engine: {}\n", b.engine), source(b.fit));
  if (!m.steps.empty()) out += "  steps:\n";
  for (const StepModel& b : m.steps) {
    put_block(
        out, b,
        fmt::format("library: {}\n      gpu_buffers: {}\n", b.library, b.gpu_buffers ? "true" : "false"),
        source(b.fit));
  }
  if (!m.experts.empty()) out += "  experts:\n";
  for (const ExchangeModel& b : m.experts)
    put_block(out, b,
              fmt::format("kernel: {}\n      half: {}\n",
                          b.kernel == ExchangeKernel::low_latency ? "low_latency" : "normal",
                          b.half == ExchangeHalf::dispatch ? "dispatch" : "combine"),
              source(b.fit));
  return out;
}

}  // namespace aifsim
