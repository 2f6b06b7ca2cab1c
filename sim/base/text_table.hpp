// Tables for a terminal: aligned columns, folded where the terminal is narrower than they are.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aifsim {

std::size_t text_width(std::string_view text);  // characters, not bytes

// Lines of at most `width` characters (0: one line), broken at spaces; all but the first are indented further by
// two. A word that is longer than a line stands on a line of its own.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

struct TextColumn {
  std::string head;
  bool left = false;  // else to the right, as figures are
};

// A table wider than `width` is folded: first a last column of text, whose cells are broken at spaces; where that
// is not enough, the columns are told in several tables below each other, each led by the key columns.
class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns, std::size_t keys = 1);

  void row(std::vector<std::string> cells);                      // missing cells at the end are empty
  void heading(std::string text);                                // a line of its own; "" leaves one empty
  void remark(std::vector<std::string> keys, std::string text);  // a row whose other cells are one text
  void at_least(const std::vector<std::size_t>& widths) { least_ = widths; }  // of the columns
  std::string str(std::size_t width, std::size_t indent = 0) const;

 private:
  enum class Kind { row, heading, remark };
  struct Line {
    Kind kind = Kind::row;
    std::vector<std::string> cells;  // remark: of the keys; heading: none
    std::string text;
  };
  std::vector<std::size_t> widths() const;
  void part(std::string& out, const std::vector<std::size_t>& shown, std::vector<std::size_t> widths,
            std::size_t width, std::size_t indent, bool first) const;

  std::vector<TextColumn> columns_;
  std::size_t keys_;
  std::vector<std::size_t> least_;
  std::vector<Line> lines_;
};

}  // namespace aifsim
