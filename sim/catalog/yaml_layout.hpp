// How a YAML text is laid out: its quotes, brackets and indentation, read apart from the parser, which tells a
// mistake where it trips over it and not where it began.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace aifsim::catalog {

struct YamlLine {
  int number = 0;  // from 1
  int indent = 0;
  std::string_view text;  // without indentation
  bool item = false;      // begins with "- "
  int colon = -1;         // column from 0 in `text` of the colon that ends a key, -1 without
  bool value = false;     // a value follows the key
};

struct YamlLayout {
  std::vector<YamlLine> lines;  // those that begin a key, an item or a text; no comments, no text of blocks
  std::optional<Problem> open_quote;  // a quote that nothing closes
  std::optional<Problem> mistake;     // the first other: a tab, text after a quote, a bracket
};

YamlLayout yaml_layout(std::string_view text, const std::string& file);

}  // namespace aifsim::catalog
