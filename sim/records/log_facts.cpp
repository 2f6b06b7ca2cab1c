#include "records/log_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/ascii.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

bool in_word(char c) { return is_alpha(c) || is_digit(c) || c == '_'; }

// The value behind a key that ends at `at`; empty when what follows is no separator.
std::string_view value_at(std::string_view line, std::size_t at) {
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) ++at;
  const std::size_t begin = at;
  while (at < line.size() && (line[at] == ' ' || line[at] == '.' || line[at] == ':' || line[at] == '=')) ++at;
  const std::string_view between = line.substr(begin, at - begin);
  if (between.find_first_of(":=") == std::string_view::npos && between.find("..") == std::string_view::npos &&
      between.find("  ") == std::string_view::npos)
    return {};
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) {
    const std::size_t close = line.find(line[at], at + 1);
    return close == std::string_view::npos ? std::string_view() : line.substr(at + 1, close - at - 1);
  }
  return line.substr(at, std::min(line.find_first_of(",|)}] \t", at), line.size()) - at);
}

std::string dtype_in(std::string_view value) {
  std::string word = lower(value);
  for (const std::string_view front : {"torch.", "dtype."})
    if (word.starts_with(front)) word.erase(0, front.size());
  for (const std::string_view back : {"-mixed", "-true"})
    if (word.ends_with(back)) word.resize(word.size() - back.size());
  if (word == "16") word = "fp16";
  if (word == "32") word = "fp32";
  return dtype_word(word);
}

void tell(TrainingRun& run, const Fact& fact, std::string_view value) {
  const std::string word = lower(value);
  if (value.empty() || word == "none" || word == "null" || word == "auto") return;
  if (fact.kind == FactKind::word) return run.say(fact.name, value);
  if (fact.kind == FactKind::dtype) return run.say(fact.name, dtype_in(value));
  const auto number = leading_number(value);
  if (!number || *number <= 0 || *number > 1e15) return;
  if (fact.kind == FactKind::count && *number != std::floor(*number)) return;
  run.say(fact.name, *number);
}

}  // namespace

void take_facts(std::string_view line, std::span<const Fact> facts, TrainingRun& run) {
  for (std::size_t at = 0; at < line.size();) {
    if (!in_word(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && in_word(line[end])) ++end;
    const std::string_view key = line.substr(at, end - at);
    for (const Fact& fact : facts)
      if (fact.key == key) tell(run, fact, value_at(line, end));
    at = end;
  }
}

bool is_true(std::string_view word) {
  const std::string plain = lower(word);
  return plain == "true" || plain == "1" || plain == "yes";
}

std::optional<std::string_view> behind(std::string_view line, std::string_view phrase) {
  const std::size_t at = line.find(phrase);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + phrase.size());
  const std::size_t first = rest.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : rest.substr(first);
}

std::optional<double> leading_number(std::string_view text, bool scaled) {
  std::string digits;
  std::size_t at = 0;
  const auto digit = [&](std::size_t i) { return i < text.size() && is_digit(text[i]); };
  for (; at < text.size() && digits.size() < 64; ++at) {
    const char c = text[at];
    if (c == ',' && !digits.empty() && digit(at + 1) && digit(at + 2) && digit(at + 3) && !digit(at + 4))
      continue;
    if (!digit(at) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') break;
    digits += c;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  if (!scaled || at >= text.size()) return value;
  switch (text[at]) {
    case 'k':
    case 'K':
      return value * 1e3;
    case 'M':
      return value * 1e6;
    case 'G':
    case 'B':
      return value * 1e9;
    case 'T':
      return value * 1e12;
    default:
      return value;
  }
}

std::optional<double> number_behind(std::string_view line, std::string_view phrase, bool scaled) {
  const auto rest = behind(line, phrase);
  return rest ? leading_number(*rest, scaled) : std::nullopt;
}

std::optional<double> gibibytes_behind(std::string_view line, std::string_view phrase) {
  const auto rest = behind(line, phrase);
  const auto value = rest ? leading_number(*rest) : std::nullopt;
  if (!value) return std::nullopt;
  const std::size_t unit = rest->find_first_not_of("0123456789.,+-eE ");
  if (unit == std::string_view::npos) return std::nullopt;
  const std::string_view name = rest->substr(unit);
  constexpr double kGi = 1024.0 * 1024 * 1024;
  if (name.starts_with("GiB")) return *value;
  if (name.starts_with("MiB")) return *value / 1024;
  if (name.starts_with("GB")) return *value;  // torch's figures over 1024^3, whatever they are called
  if (name.starts_with("MB")) return *value / 1024;
  if (name.starts_with("B")) return *value / kGi;
  return std::nullopt;
}

bool tells_pause(std::string_view line) {
  const std::string text = lower(line);
  const auto says = [&](std::string_view part) { return holds(text, part); };
  return (says("checkpoint") && (says("saving") || says("saved"))) || says("validation loss") ||
         says("validate step") || says("evaluating") || says("running evaluation") ||
         says("running validation") || says("validation dataloader") || says("eval_loss") ||
         says("eval_runtime");
}

}  // namespace aifsim::records
