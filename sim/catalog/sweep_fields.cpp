// The key `sweep` of a scenario: its axes, with lists and ranges of values.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::size_t kMostValues = 100'000;
constexpr double kMostPoints = 1e6;
constexpr std::string_view kRoots[] = {"platform", "gpu",  "workload",  "training", "stack",  "gpus",
                                       "fidelity", "seed", "placement", "jobs",     "events", "jitter"};

using Values = std::vector<std::shared_ptr<const Node>>;

// "400Gbps" -> 400 and "Gbps".
struct Amount {
  double number = 0;
  std::string unit;
};
std::optional<Amount> amount_of(const Node& node) {
  if (!node.is_scalar() || node.quoted) return std::nullopt;
  double number = 0;
  const char* begin = node.text.data();
  const char* end = begin + node.text.size();
  const auto [after, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  return Amount{number, std::string(after, end)};
}

// {from, to, times} or {from, to, step}.
void read_range(Reader& reader, const Node& node, Values& values) {
  static constexpr std::string_view kKeys[] = {"from", "to", "times", "step"};
  std::map<std::string, Amount> given;
  for (const Node::Entry& entry : node.entries) {
    if (std::find(std::begin(kKeys), std::end(kKeys), entry.key) == std::end(kKeys)) {
      reader.unknown_key(entry, kKeys);
      return;
    }
    const auto amount = amount_of(entry.value);
    if (!amount) {
      reader.problem(entry.value.place,
                     fmt::format("{}: expected a number, with its unit if it has one, found {}", entry.key,
                                 entry.value.found()));
      return;
    }
    given[entry.key] = *amount;
  }
  for (const char* key : {"from", "to"})
    if (!given.contains(key)) {
      reader.missing_key(node, key, "A range is {from, to, times} or {from, to, step}.");
      return;
    }
  if (given.contains("times") == given.contains("step")) {
    reader.problem(node.place, "expected one of times and step beside from and to");
    return;
  }
  const Amount from = given["from"], to = given["to"];
  const bool geometric = given.contains("times");
  const Amount by = geometric ? given["times"] : given["step"];
  if (to.unit != from.unit || by.unit != (geometric ? "" : from.unit)) {
    reader.problem(node.place, geometric ? "from and to need the same unit, and times has none"
                                         : "from, to and step need the same unit");
    return;
  }
  const std::string wrong =
      to.number < from.number
          ? fmt::format("a range goes up: `to` {} is below `from` {}", to.number, from.number)
      : geometric && from.number <= 0
          ? fmt::format("a range by `times` goes from above 0, found {}", from.number)
      : geometric && by.number <= 1  ? fmt::format("`times` must be above 1, found {}", by.number)
      : !geometric && by.number <= 0 ? fmt::format("`step` must be above 0, found {}", by.number)
                                     : "";
  if (!wrong.empty()) {
    reader.problem(node.place, wrong);
    return;
  }
  const double slack = 1e-9 * std::max(std::abs(to.number), std::abs(from.number));
  double value = from.number;
  for (std::size_t i = 0; value <= to.number + slack; ++i) {
    if (i == kMostValues) {
      reader.problem(node.place, fmt::format("gives more than {} values", kMostValues));
      return;
    }
    Node one;
    one.kind = Node::Kind::scalar;
    one.text = fmt::format("{:.12g}{}", value, from.unit);
    one.place = node.place;
    one.provenance = node.provenance;
    values.push_back(std::make_shared<const Node>(std::move(one)));
    const auto next = static_cast<double>(i + 1);
    value = geometric ? from.number * std::pow(by.number, next) : from.number + by.number * next;
  }
}

}  // namespace

void read_axis_values(Reader& reader, const Node& node, std::vector<std::shared_ptr<const Node>>& values,
                      bool distinct) {
  if (node.is_map()) {
    read_range(reader, node, values);
    return;
  }
  if (!node.is_list()) {
    reader.problem(node.place,
                   "expected a list of values or a range {from, to, times}, found " + node.found());
    return;
  }
  if (!reader.expect_list(node, distinct)) return;
  for (const Node& item : node.items) values.push_back(std::make_shared<const Node>(item));
}

namespace {

std::string texts(const Values& values) {
  std::string all;
  for (const auto& value : values) all += (all.empty() ? "" : ", ") + text_of(*value);
  return all;
}

// `distinct`: no value may stand twice.
void read_field(Reader& reader, const Node::Entry& entry, bool distinct, SweepAxis& axis) {
  const Reader::Step step(reader, entry.key);
  const std::string root = entry.key.substr(0, entry.key.find_first_of(".["));
  const bool bare = root == entry.key;
  const bool whole = bare && (root == "platform" || root == "gpu" || root == "training" || root == "stack" ||
                              root == "jobs" || root == "events");
  if (std::find(std::begin(kRoots), std::end(kRoots), root) == std::end(kRoots)) {
    reader.problem(entry.place, fmt::format("a path begins with what it changes, one of {}; found {}{}",
                                            fmt::join(kRoots, ", "), quote(root), suggestion(root, kRoots)));
    return;
  }
  for (const std::string_view of : {"platform.gpu.", "platform.node.gpu."})
    if (entry.key.starts_with(of)) {
      reader.problem(entry.place, fmt::format("a GPU model is no part of the platform's file: write gpu.{}",
                                              printable(entry.key.substr(of.size()))));
      return;
    }
  if (whole) {
    reader.problem(entry.place,
                   fmt::format("expected a path to a field of it, such as {}",
                               root == "platform" ? "platform.fabric.injection; whole platforms "
                                                    "are listed under `platforms`"
                               : root == "gpu"    ? "gpu.memory"
                               : root == "stack"  ? "stack.prefetch; another stack is training.stack"
                               : root == "jobs"   ? "jobs.NAME.gpus"
                               : root == "events" ? "events[0].at"
                                                  : "training.micro_batch"));
    return;
  }
  SweptField field{entry.key, entry.place, {}};
  read_axis_values(reader, entry.value, field.values, distinct);
  if (field.values.empty()) return;
  reader.rows.push_back({"sweep." + entry.key, texts(field.values), "", "", entry.place});
  axis.push_back(std::move(field));
}

// Fields that move together may repeat their values, each alone.
void check_zipped(Reader& reader, const SweepAxis& axis) {
  std::set<std::string> known;
  for (std::size_t i = 0; !axis.empty() && i < axis.front().values.size(); ++i) {
    std::string key, told;
    for (const SweptField& field : axis) {
      key += canonical(*field.values[i]) + ";";
      told += fmt::format("{}{} {}", told.empty() ? "" : ", ", field.path, text_of(*field.values[i]));
    }
    if (!known.insert(std::move(key)).second)
      reader.problem(axis.front().values[i]->place,
                     fmt::format("{} {} twice among the values that move together", printable(told),
                                 axis.size() > 1 ? "stand" : "stands"));
  }
}

// One axis of fields that move together.
void read_zip(Reader& reader, const Node& node, ScenarioDescription& scenario) {
  if (!reader.expect_map(node)) return;
  SweepAxis axis;
  for (const Node::Entry& entry : node.entries) read_field(reader, entry, false, axis);
  for (const SweptField& field : axis)
    if (field.values.size() != axis.front().values.size()) {
      reader.problem(
          field.place,
          fmt::format("{} has {} values and {} has {}: fields that move together need "
                      "as many each",
                      field.path, field.values.size(), axis.front().path, axis.front().values.size()));
      return;
    }
  check_zipped(reader, axis);
  if (!axis.empty()) scenario.sweep.push_back(std::move(axis));
}

void read_sweep(Reader& reader, const Node& node, ScenarioDescription& scenario) {
  if (!reader.expect_map(node)) return;
  for (const Node::Entry& entry : node.entries) {
    if (entry.key == "zip") {
      const Reader::Step step(reader, entry.key);
      if (entry.value.is_list())
        for (const Node& one : entry.value.items) read_zip(reader, one, scenario);
      else
        read_zip(reader, entry.value, scenario);
      continue;
    }
    SweepAxis axis;
    read_field(reader, entry, true, axis);
    if (!axis.empty()) scenario.sweep.push_back(std::move(axis));
  }
  if (node.entries.empty()) reader.problem(node.place, "expected at least one path, found none");
  std::set<std::string> paths;
  double points = 1;
  for (const SweepAxis& axis : scenario.sweep) {
    points *= static_cast<double>(axis.front().values.size());
    for (const SweptField& field : axis)
      if (!paths.insert(field.path).second) reader.problem(field.place, field.path + " is swept twice");
  }
  if (points > kMostPoints)
    reader.problem(node.place, fmt::format("gives {} points, more than the {} that a scenario may have",
                                           points, kMostPoints));
}

}  // namespace

Field<ScenarioDescription> sweep_field() {
  Field<ScenarioDescription> field;
  field.property = {
      "sweep",
      "Fields of any description by their paths, each with a list of values or a range {from, to, "
      "times} or {from, to, step}; one run for each combination. Fields under `zip` move together.",
      false,
      "",
      "",
      false,
      {{.kind = Shape::Kind::paths}}};
  field.read = read_sweep;
  return field;
}

}  // namespace aifsim::catalog
