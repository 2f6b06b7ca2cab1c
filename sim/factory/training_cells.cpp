#include "factory/training_cells.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include "base/quote.hpp"
#include "catalog/words.hpp"
#include "catalog/workload.hpp"

namespace aifsim {
namespace {

constexpr std::array<std::string_view, 19> kCounts{
    "gpus",    "gpus_per_node", "layers",      "hidden", "heads", "kv_heads", "ffn_hidden", "vocab",
    "seq_len", "global_batch",  "micro_batch", "tp",     "pp",    "vpp",      "dp",         "cp",
    "ep",      "shard_group",   "steps"};
constexpr std::array<std::string_view, 9> kNumbers{
    "params_b",      "step_time_s",    "step_time_min_s", "step_time_p90_s", "tokens_per_s_per_gpu",
    "samples_per_s", "tflops_per_gpu", "peak_memory_gib", "run_time_s"};

bool among(std::string_view column, std::span<const std::string_view> columns) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

template <class E>
std::string fault_of_word(const std::string& value) {
  if (catalog::value_of<E>(value)) return "";
  return fmt::format("{} is not modelled; known: {}", quote(value), fmt::join(catalog::words<E>(), ", "));
}

std::string fault_of_modules(std::string_view value) {
  if (modules_in(value)) return "";
  return fmt::format("{} is not modelled; known: {}, joined by +", quote(value),
                     fmt::join(catalog::words<RecomputeModule>(), ", "));
}

// A word, modules, or "selective: " and modules.
std::string fault_of_recompute(const std::string& value) {
  constexpr std::string_view kSelective = "selective:";
  if (value.starts_with(kSelective)) {
    std::string_view modules = std::string_view(value).substr(kSelective.size());
    modules.remove_prefix(std::min(modules.find_first_not_of(' '), modules.size()));
    return fault_of_modules(modules);
  }
  return fault_of_modules(value).empty() ? "" : fault_of_word<Recompute>(value);
}

}  // namespace

std::optional<bool> yes_or_no(std::string_view word) {
  if (word == "yes" || word == "true" || word == "True" || word == "1") return true;
  if (word == "no" || word == "false" || word == "False" || word == "0") return false;
  return std::nullopt;
}

std::optional<std::vector<RecomputeModule>> modules_in(std::string_view words) {
  std::vector<RecomputeModule> modules;
  while (true) {
    const std::size_t end = std::min(words.find('+'), words.size());
    const auto module = catalog::value_of<RecomputeModule>(words.substr(0, end));
    if (!module) return std::nullopt;
    modules.push_back(*module);
    if (end == words.size()) return modules;
    words.remove_prefix(end + 1);
  }
}

std::string fault_of_training_cell(std::string_view column, const std::string& value) {
  if (among(column, kCounts)) {
    const auto number = number_in(value);
    if (!number || *number < 1 || *number != std::floor(*number))
      return fmt::format("must be a whole number of at least 1, found {}", quote(value));
    if (*number > kMostOfTable) return fmt::format("{} is beyond all sense; at most {}", value, kMostOfTable);
  }
  if (among(column, kNumbers)) {
    const auto number = number_in(value);
    if (!number || *number <= 0) return fmt::format("must be a number above 0, found {}", quote(value));
  }
  if (column == "precision") return fault_of_word<Precision>(value);
  if (column == "sharding") return fault_of_word<Sharding>(value);
  if (column == "optimizer") return fault_of_word<decltype(TrainingDescription::optimizer)>(value);
  if (column == "optimizer_moments") return fault_of_word<MomentsFormat>(value);
  if (column == "master_weights") return fault_of_word<MasterWeights>(value);
  if (column == "recompute") return fault_of_recompute(value);
  if (column == "recompute_modules") return fault_of_modules(value);
  if (column == "sequence_parallel" && !yes_or_no(value))
    return fmt::format("must be yes or no, found {}", quote(value));
  return "";
}

}  // namespace aifsim
