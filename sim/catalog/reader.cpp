#include "catalog/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"
#include "catalog/words.hpp"

namespace aifsim::catalog {
namespace {

enum class Parse { ok, wrong, overflow };

// The whole text as one finite number.
template <class T>
Parse parse(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size() || text.empty()) return Parse::wrong;
  if (error == std::errc::result_out_of_range) return Parse::overflow;
  if (error != std::errc()) return Parse::wrong;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(out)) return Parse::wrong;
  }
  return Parse::ok;
}

std::string joined_path(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

// More of it than any machine or job has, in SI units; still less than what arithmetic with it would carry away.
double most_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::time:
      return 1e12;
    case Dimension::size:
      return 1e24;
    case Dimension::data_rate:
      return 1e18;
    case Dimension::work:
      return 1e36;
    case Dimension::compute_rate:
      return 1e24;
    case Dimension::power:
      return 1e12;
    case Dimension::energy:
      return 1e24;
    case Dimension::frequency:
      return 1e15;
    case Dimension::tokens:
      return 1e18;
    case Dimension::money:
      return 1e15;
    case Dimension::energy_price:
      return 1;
    case Dimension::carbon:
      return 1e18;
    case Dimension::carbon_intensity:
      return 10;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace

bool Limits::contain(double value) const {
  if (above_min ? value <= min : value < min) return false;
  if (below_max ? value >= max : value > max) return false;
  return !whole || value == std::floor(value);
}

std::string Limits::phrase() const {
  std::string text;
  if (std::isfinite(min)) text = fmt::format("{} {}", above_min ? "above" : "at least", min);
  if (std::isfinite(max)) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " and ", below_max ? "below" : "at most", max);
  }
  return text;
}

Reader::Step::Step(Reader& reader, std::string_view key) : reader_(reader), size_(reader.path_.size()) {
  if (size_ != 0) reader.path_ += '.';
  reader.path_ += key;
}

Reader::Step::Step(Reader& reader, std::size_t index) : reader_(reader), size_(reader.path_.size()) {
  reader.path_ += fmt::format("[{}]", index);
}

void Reader::problem(const Place& place, std::string_view message) {
  problems.push_back({place, path_.empty() ? std::string(message) : fmt::format("{}: {}", path_, message)});
}

void Reader::problem_in(const Node& map, std::string_view key, std::string_view message) {
  const Step step(*this, key);
  problem(map.place_of(key), message);
}

bool Reader::fail(const Node& node, std::string_view message) {
  problem(node.place, message);
  return false;
}

void Reader::row(const Node& node) {
  rows.push_back({path_, node.text, node.provenance ? node.provenance->source : "", "", node.place});
}

bool Reader::text(const Node& node, std::string& out) {
  if (!node.is_scalar()) return fail(node, "expected a text, found " + node.found());
  if (node.text.find_first_not_of(" \t\n") == std::string::npos) {
    return fail(node, "expected a text, found an empty one");
  }
  out = node.text;
  row(node);
  return true;
}

bool Reader::boolean(const Node& node, bool& out) {
  if (!node.is_scalar() || node.quoted || (node.text != "true" && node.text != "false")) {
    return fail(node, "expected true or false, found " + node.found());
  }
  out = node.text == "true";
  row(node);
  return true;
}

bool Reader::in_range(const Node& node, const Limits& limits, double value) {
  if (limits.contain(value)) return true;
  if (limits.whole && value != std::floor(value)) {
    return fail(node, fmt::format("expected a whole number, found {}", node.found()));
  }
  return fail(node, fmt::format("must be {}, found {}", limits.phrase(), node.found()));
}

bool Reader::number(const Node& node, const Limits& limits, double& out) {
  const char* expected = limits.ratio   ? "a number or a percentage such as 0.85 or 85%"
                         : limits.whole ? "a whole number"
                                        : "a number";
  const auto wrong = [&](const char* why) {
    return fail(node, fmt::format("expected {}, found {}{}", expected, node.found(), why));
  };
  if (!node.is_scalar()) return wrong("");
  if (node.quoted) return wrong(" in quotes");
  std::string_view text = node.text;
  const bool percent = text.ends_with('%');
  if (percent) {
    if (!limits.ratio) return wrong("");
    text.remove_suffix(1);
  }
  double value = 0;
  const Parse result = parse(text, value);
  if (result == Parse::wrong) return wrong("");
  if (result == Parse::overflow) return wrong(", which is too large or too small to compute with");
  if (percent) value /= 100;
  if (!in_range(node, limits, value)) return false;
  out = value;
  row(node);
  return true;
}

bool Reader::whole(const Node& node, const Limits& limits, std::int64_t& out) {
  if (!node.is_scalar()) return fail(node, "expected a whole number, found " + node.found());
  if (node.quoted)
    return fail(node, fmt::format("expected a whole number, found {} in quotes", node.found()));
  std::int64_t value = 0;
  const Parse result = parse(std::string_view(node.text), value);
  if (result == Parse::wrong) return fail(node, "expected a whole number, found " + node.found());
  if (result == Parse::overflow) {
    return fail(node, fmt::format("must be {}, found {}", limits.phrase(), node.found()));
  }
  if (!in_range(node, limits, static_cast<double>(value))) return false;
  out = value;
  row(node);
  return true;
}

bool Reader::whole(const Node& node, std::uint64_t& out) {
  std::uint64_t value = 0;
  if (!node.is_scalar() || node.quoted || parse(std::string_view(node.text), value) != Parse::ok) {
    return fail(node,
                fmt::format("expected a whole number from 0 to {}, found {}", UINT64_MAX, node.found()));
  }
  out = value;
  row(node);
  return true;
}

bool Reader::quantity(const Node& node, Dimension dimension, const Limits& limits, double& out) {
  if (!node.is_scalar())
    return fail(node, fmt::format("expected {}, found {}", phrase(dimension), node.found()));
  const ParsedQuantity parsed = parse_quantity(node.text, dimension);
  if (!parsed.error.empty()) return fail(node, parsed.error);
  if (!in_range(node, limits, parsed.value)) return false;
  if (const double most = most_of(dimension); std::abs(parsed.value) > most)
    return fail(node,
                fmt::format("must be at most {}, found {}", print_quantity(most, dimension), node.found()));
  out = parsed.value;
  row(node);
  return true;
}

bool Reader::word(const Node& node, std::span<const std::string_view> words, std::size_t& out,
                  std::optional<std::size_t> known) {
  if (node.is_scalar() && !known) {
    const std::string plain = squeezed(std::string_view(node.text).substr(0, 100));
    for (std::size_t i = words.size(); i-- > 0;)
      if (squeezed(words[i]) == plain) known = i;
  }
  if (known) {
    out = *known;
    row(node);
    return true;
  }
  return fail(node, fmt::format("expected one of {}, found {}", fmt::join(words, ", "), node.found()));
}

bool Reader::expect_map(const Node& node) {
  return node.is_map() || fail(node, "expected a map of keys and values, found " + node.found());
}

bool Reader::expect_list(const Node& node, bool distinct) {
  if (!node.is_list()) {
    const bool plain = node.is_scalar() && !node.quoted && node.text.size() <= 40 &&
                       node.text.find_first_of("[]{},:#") == std::string::npos;
    return fail(node, fmt::format("expected a list such as [{}], found {}",
                                  plain ? printable(node.text) : std::string("a, b"), node.found()));
  }
  if (node.items.empty()) return fail(node, "expected a list, found an empty one");
  std::set<std::string_view> seen;
  for (const Node& item : node.items) {
    if (distinct && item.is_scalar() && !seen.insert(item.text).second) {
      problem(item.place, fmt::format("{} stands twice in this list", item.found()));
    }
  }
  return true;
}

const Node* Reader::figure_value(const Node& node) {
  if (!node.is_map()) return &node;
  static constexpr std::string_view kKeys[] = {"value", "source", "confidence"};
  for (const Node::Entry& entry : node.entries) {
    if (std::find(std::begin(kKeys), std::end(kKeys), entry.key) == std::end(kKeys))
      unknown_key(entry, kKeys);
  }
  const Node* value = node.find("value");
  if (!value) missing_key(node, "value", "The figure itself, with its unit.");
  return value;
}

bool Reader::provenance(const Node& value, const Limits& limits, std::string& source,
                        Confidence& confidence) {
  const Provenance& given = *value.provenance;
  const std::optional<Confidence> sure = given.confidence ? given.confidence : limits.confidence;
  if (!sure && given.source.empty()) {
    return fail(
        value,
        "this figure has no source and no confidence: write them as {value: ..., source: ..., confidence: "
        "...}, or once in a map around it");
  }
  if (!sure) {
    return fail(value,
                fmt::format("this figure has no confidence: write one of {} in its map or in one around it",
                            fmt::join(words<Confidence>(), ", ")));
  }
  if (given.source.empty() && *sure != Confidence::assumed) {
    return fail(value, fmt::format("this figure has no source: {} figures need one, only assumed ones do not",
                                   word_of(*sure)));
  }
  source = given.source;
  confidence = *sure;
  rows.back().confidence = word_of(*sure);
  return true;
}

namespace {

// Keys that stood elsewhere, in files that people keep copies of: where to say it now.
constexpr std::pair<std::string_view, std::string_view> kMoved[] = {
    {"software",
     "what software costs is a stack, a file as in workloads/stacks/, named by training.stack; "
     "sustained_speed is the platform's `clock: {sustained: ...}`"},
    {"compute_slowdown", "it is a stack's (workloads/stacks/)"},
    {"host_per_step", "it is a stack's (workloads/stacks/)"},
    {"prefetch", "it is a stack's (workloads/stacks/)"},
    {"max_gathers_in_flight", "it is a stack's (workloads/stacks/)"},
    {"bucket_layers", "it is a stack's (workloads/stacks/)"},
    {"launch", "it is a stack's (workloads/stacks/)"},
};

// Where `training:` or a key of it belongs that stands a map too far out, whose keys are `known`; "" where it is none.
std::string_view training_belongs(const std::string& key, std::span<const std::string_view> known) {
  const auto has = [&](std::string_view one) {
    return std::find(known.begin(), known.end(), one) != known.end();
  };
  const bool scenario = has("variants");
  if (key == "training")
    return scenario
               ? "a variant, \"variants: [{{label: mine, {}: {{...}}}}]\", or a job, \"jobs: [{{name: mine, "
                 "workload: ..., training: {{...}}}}]\""
               : "";
  if (has("sharding") || !table<TrainingDescription>().has(key)) return "";
  if (scenario) return "a variant's training: \"variants: [{{label: mine, training: {{{}: ...}}}}]\"";
  return has("training") ? "\"training: {{{}: ...}}\" of this map" : "";
}

}  // namespace

void Reader::unknown_key(const Node::Entry& entry, std::span<const std::string_view> known) {
  for (const auto& [key, now] : kMoved)
    if (entry.key == key)
      return problem(entry.place, fmt::format("unknown key {}: {}", quote(entry.key), now));
  if (const std::string_view where = training_belongs(entry.key, known); !where.empty())
    return problem(entry.place, fmt::format("unknown key {}: it belongs into {}", quote(entry.key),
                                            fmt::format(fmt::runtime(where), entry.key)));
  problem(entry.place, fmt::format("unknown key {}{}", quote(entry.key), suggestion(entry.key, known)));
}

void Reader::key_of_other_kind(const Node& map, const Node::Entry& entry, std::string_view kind) {
  const Place& chosen = map.place_of("kind");
  if (entry.place.file == map.place.file || chosen.file != map.place.file)
    return problem(entry.place, fmt::format("the key \"{}\" belongs to kind {}", entry.key, kind));
  problem(chosen,
          fmt::format("the key \"{}\" of {}, which is included here, belongs to kind {}; beside this kind, "
                      "\"{}: null\" takes it back",
                      entry.key, entry.place.str(), kind, entry.key));
}

bool Reader::is_swept(std::string_view key) const {
  constexpr std::string_view block = "training.";
  if (swept_training.empty()) return false;
  const std::string path = joined_path(path_, key);
  const std::size_t at = path.find(block);
  return at != std::string::npos && std::find(swept_training.begin(), swept_training.end(),
                                              path.substr(at + block.size())) != swept_training.end();
}

void Reader::missing_key(const Node& map, std::string_view key, std::string_view doc) {
  problem(map.place, fmt::format("the key \"{}\" is missing: {}", key, doc));
}

void Reader::default_row(const Node& map, std::string_view key, std::string text) {
  rows.push_back({joined_path(path_, key), std::move(text), "default", "", map.place});
}

}  // namespace aifsim::catalog
