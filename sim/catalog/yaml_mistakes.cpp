#include "catalog/yaml_mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"
#include "catalog/yaml_layout.hpp"

namespace aifsim::catalog {
namespace {

std::string spaces(int n) { return n == 0 ? "no space" : fmt::format("{} space{}", n, n == 1 ? "" : "s"); }

// A line of block style that is neither an item nor has a key.
std::optional<Problem> missing_colon(const YamlLine& line, const std::string& file) {
  if (line.item || line.colon >= 0) return std::nullopt;
  const std::size_t colon = line.text.find(':');
  const Place place{file, line.number, line.indent + 1};
  if (colon != std::string_view::npos)
    return Problem{{file, line.number, line.indent + static_cast<int>(colon) + 1},
                   "a space must follow the colon after a key"};
  return Problem{place, fmt::format("expected a key, a colon and a value, found {}: is the colon missing?",
                                    quote(line.text, 40))};
}

// Too deep below a line that has its value, or as deep as no line above it.
std::optional<Problem> wrong_indentation(const std::vector<YamlLine>& lines, std::size_t i,
                                         const std::string& file) {
  const YamlLine& line = lines[i];
  const Place place{file, line.number, line.indent + 1};
  if (i > 0 && line.indent > lines[i - 1].indent && lines[i - 1].value && !lines[i - 1].item)
    return Problem{place,
                   fmt::format("indented by {}, deeper than line {}, which has its value already; {} would "
                               "be right",
                               spaces(line.indent), lines[i - 1].number, lines[i - 1].indent)};
  std::vector<int> open;  // indentations that this line may have
  for (std::size_t k = i; k-- > 0;)
    if (open.empty() || lines[k].indent < open.back()) open.push_back(lines[k].indent);
  if (open.empty() || std::find(open.begin(), open.end(), line.indent) != open.end() ||
      line.indent > open.front())
    return std::nullopt;
  std::reverse(open.begin(), open.end());
  return Problem{place,
                 fmt::format("indented by {}, as no line is that it could belong to; {} would be right",
                             spaces(line.indent), fmt::join(open, " or "))};
}

std::optional<Problem> second_colon(const YamlLine& line, const Place& at) {
  if (at.line != line.number || line.colon < 0 || at.column <= line.indent + line.colon + 1)
    return std::nullopt;
  return Problem{at, "a second colon; a value that holds a colon and a space must stand in quotes"};
}

}  // namespace

std::optional<Problem> unclosed_quote(std::string_view text, const std::string& file) {
  return yaml_layout(text, file).open_quote;
}

Problem yaml_mistake(std::string_view text, const Place& place, const std::string& parser_message) {
  const YamlLayout layout = yaml_layout(text, place.file);
  if (layout.mistake && (layout.mistake->place.line <= place.line || place.line == 0)) return *layout.mistake;
  if (layout.open_quote) return *layout.open_quote;
  const auto& lines = layout.lines;
  const auto after = std::find_if(lines.begin(), lines.end(),
                                  [&](const YamlLine& line) { return line.number > place.line; });
  if (after != lines.begin() && place.line > 0) {
    const std::size_t i = static_cast<std::size_t>(after - lines.begin()) - 1;
    if (parser_message == "illegal map value")
      if (const auto found = second_colon(lines[i], place)) return *found;
    if (const auto found = missing_colon(lines[i], place.file)) return *found;
    if (const auto found = wrong_indentation(lines, i, place.file)) return *found;
    if (i > 0)
      if (const auto found = missing_colon(lines[i - 1], place.file)) return *found;
    if (lines[i].item && i > 0 && !lines[i - 1].item) return {place, "an item of a list where keys stand"};
  }
  if (parser_message == "unknown token") {
    std::size_t at = 0;
    for (int line = 1; line < place.line && at < text.size(); ++at) line += text[at] == '\n';
    at += static_cast<std::size_t>(std::max(0, place.column - 1));
    if (at < text.size())
      return {place, fmt::format("no value begins with {}; put it in quotes", quote(text.substr(at, 1)))};
  }
  return {place, "not valid YAML: " + parser_message};
}

}  // namespace aifsim::catalog
