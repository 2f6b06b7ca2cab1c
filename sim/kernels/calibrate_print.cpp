#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/quantity.hpp"
#include "kernels/calibrate.hpp"

namespace aifsim {
namespace {

std::string row(const std::string& name, std::size_t constants, const FitErrors& all,
                const FitErrors& training) {
  const auto errors = [](const FitErrors& e) {
    if (e.rows == 0) return fmt::format("{:>6}  {:>23}", 0, "");
    return fmt::format("{:>6}  {:>6.1f} / {:>5.1f}  {:>+7.1f}", e.rows, 100 * e.median, 100 * e.p90,
                       100 * e.bias);
  };
  const std::string count = constants == 0 ? "" : std::to_string(constants);
  return fmt::format("  {:<46} {:>9}  {}   {}\n", name, count, errors(all), errors(training));
}

template <class C>
std::string table(const char* title, const Fit<C>& fit) {
  std::string text = fmt::format("{}\n", title);
  for (const FormErrors& form : fit.forms) text += row(form.form, form.constants, form.all, form.training);
  for (const GroupErrors& group : fit.left_out)
    text += row("without " + group.group, 0, group.all, group.training);
  return text;
}

// Constants by their keys in a GPU model, as text and as numbers in SI units.
struct Constant {
  const char* key;
  double value;
  bool time = false;
};

std::vector<Constant> constants(const GemmCoefficients& c) {
  return {{"compute_efficiency", c.compute_efficiency},
          {"memory_efficiency", c.memory_efficiency},
          {"fixed_time", c.fixed_time, true},
          {"norm", c.norm},
          {"depth_ramp", c.depth_ramp},
          {"depth_latency", c.depth_latency, true}};
}
std::vector<Constant> constants(const FlashCoefficients& c) {
  return {{"forward_efficiency", c.efficiency},
          {"memory_efficiency", c.memory_efficiency},
          {"fixed_time", c.fixed_time, true},
          {"tail", c.tail}};
}
std::vector<Constant> constants(const StreamingTable& c) {
  return {{"memory_efficiency", c.memory_efficiency},
          {"norm_efficiency", c.norm_efficiency},
          {"activation_efficiency", c.activation_efficiency},
          {"embedding_efficiency", c.embedding_efficiency},
          {"cache_saving", c.cache_saving},
          {"fixed_time", c.fixed_time, true}};
}

template <class C>
std::string yaml(const char* key, const Fit<C>& fit) {
  const FormErrors& model = fit.forms.back();
  std::string text = fmt::format(
      "{}:\n  source: \"fitted by `aifsim calibrate gpu`; error on shapes held out, median / 90th "
      "percentile: "
      "{:.1f} / {:.1f} %, of training size {:.1f} / {:.1f} %\"\n  confidence: fitted\n",
      key, 100 * model.all.median, 100 * model.all.p90, 100 * model.training.median,
      100 * model.training.p90);
  for (const Constant& c : constants(fit.coefficients)) {
    text +=
        fmt::format("  {}: {}\n", c.key, c.time ? print(Seconds{c.value}) : fmt::format("{:.4g}", c.value));
  }
  return text;
}

nlohmann::ordered_json json(const FitErrors& e) {
  return {{"rows", e.rows}, {"median_ape", e.median}, {"p90_ape", e.p90}, {"bias", e.bias}};
}

nlohmann::ordered_json json(const GroupErrors& g) {
  return {{"group", g.group}, {"all", json(g.all)}, {"training_size", json(g.training)}};
}

template <class C>
nlohmann::ordered_json json(const Fit<C>& fit) {
  nlohmann::ordered_json values, forms = nlohmann::ordered_json::array(), left_out = forms;
  for (const Constant& c : constants(fit.coefficients)) values[c.key] = c.value;
  for (const FormErrors& f : fit.forms) {
    forms.push_back({{"form", f.form},
                     {"constants", f.constants},
                     {"all", json(f.all)},
                     {"training_size", json(f.training)}});
  }
  for (const GroupErrors& g : fit.left_out) left_out.push_back(json(g));
  return {{"constants", values}, {"held_out", forms}, {"left_out", left_out}};
}

}  // namespace

std::string print_table(const Calibration& c) {
  std::string text = fmt::format(
      "{}: error in %, on kernels that the fit has not seen\n\n  {:<46} {:>9}  {:>6}  {:>14}  {:>7}   {:>6}  "
      "{:>14}  "
      "{:>7}\n",
      c.gpu, "", "constants", "rows", "median / p90", "bias", "large", "median / p90", "bias");
  text += table("GEMM", c.gemm);
  if (c.layer_gemm) text += row("another source (layer table)", 0, c.layer_gemm->all, c.layer_gemm->training);
  text += table("attention, forward", c.attention);
  text += table("streaming", c.streaming);
  for (const Transfer& t : c.transfers) {
    text += fmt::format("these constants on {}\n", t.gpu);
    text += row("GEMM", 0, t.gemm.all, t.gemm.training);
    text += row("attention, forward", 0, t.attention.all, t.attention.training);
    text += row("streaming", 0, t.streaming.all, t.streaming.training);
  }
  text +=
      "\nlarge: of the size that training runs (GEMM m, n >= 2048, 1024 <= k <= 20480; attention over 1024 "
      "tokens "
      "and\n8 heads or more; streaming of more than the level-2 cache holds)\n";
  for (const auto& [reason, rows] : c.left_out) text += fmt::format("left out: {} rows, {}\n", rows, reason);
  return text;
}

std::string print_yaml(const Calibration& c) {
  return yaml("gemm", c.gemm) + yaml("attention", c.attention) + yaml("streaming", c.streaming) +
         fmt::format(
             "residual_sd: {{value: {:.3g}, source: \"`aifsim calibrate gpu`\", confidence: fitted}}\n",
             c.residual_sd);
}

std::string print_json(const Calibration& c) {
  nlohmann::ordered_json out{{"gpu", c.gpu},
                             {"gemm", json(c.gemm)},
                             {"attention", json(c.attention)},
                             {"streaming", json(c.streaming)},
                             {"residual_sd", c.residual_sd}};
  if (c.layer_gemm) out["gemm"]["another_source"] = json(*c.layer_gemm);
  nlohmann::ordered_json transfers = nlohmann::ordered_json::array();
  for (const Transfer& t : c.transfers) {
    transfers.push_back({{"gpu", t.gpu},
                         {"gemm", json(t.gemm)},
                         {"attention", json(t.attention)},
                         {"streaming", json(t.streaming)}});
  }
  out["transfers"] = transfers;
  out["left_out"] = c.left_out;
  return out.dump(2) + "\n";
}

}  // namespace aifsim
