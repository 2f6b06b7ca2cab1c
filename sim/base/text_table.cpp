#include "base/text_table.hpp"

#include <algorithm>

namespace aifsim {
namespace {

constexpr std::size_t gap = 2;              // between columns
constexpr std::size_t narrowest_text = 20;  // of a last column that is broken at spaces

std::vector<std::string> broken(std::string_view text, std::size_t width, std::size_t later) {
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    std::string& line = lines.back();
    const std::size_t room = lines.size() > 1 && width > later ? width - later : width;
    if (line.empty())
      line = word;
    else if (width == 0 || text_width(line) + 1 + text_width(word) <= room)
      line += ' ' + std::string(word);
    else
      lines.emplace_back(word);
    at = end;
  }
  return lines;
}

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string& word : broken(text, 1, 0)) longest = std::max(longest, text_width(word));
  return longest;
}

std::string aligned(const std::string& text, std::size_t width, bool left) {
  const std::string fill(width - std::min(width, text_width(text)), ' ');
  return left ? text + fill : fill + text;
}

void put(std::string& out, const std::string& line) {
  out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
}

}  // namespace

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  const std::size_t room =
      width == 0 ? 0 : std::max<std::size_t>(narrowest_text, width - std::min(width, indent));
  const std::vector<std::string> lines = broken(text, room, 2);
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += std::string(i == 0 ? indent : indent + 2, ' ') + lines[i] + '\n';
  return out;
}

TextTable::TextTable(std::vector<TextColumn> columns, std::size_t keys)
    : columns_(std::move(columns)), keys_(keys) {}

void TextTable::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  lines_.push_back({Kind::row, std::move(cells), ""});
}

void TextTable::heading(std::string text) { lines_.push_back({Kind::heading, {}, std::move(text)}); }

void TextTable::remark(std::vector<std::string> keys, std::string text) {
  keys.resize(keys_);
  lines_.push_back({Kind::remark, std::move(keys), std::move(text)});
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> found;
  for (const TextColumn& column : columns_) found.push_back(text_width(column.head));
  for (std::size_t c = 0; c < least_.size(); ++c) found[c] = std::max(found[c], least_[c]);
  for (const Line& line : lines_)
    for (std::size_t c = 0; c < line.cells.size(); ++c)
      found[c] = std::max(found[c], text_width(line.cells[c]));
  return found;
}

void TextTable::part(std::string& out, const std::vector<std::size_t>& shown, std::vector<std::size_t> widths,
                     std::size_t width, std::size_t indent, bool first) const {
  const std::string margin(indent, ' ');
  const std::size_t last = shown.back();
  std::size_t before = indent;  // the last column
  for (const std::size_t c : shown)
    if (c != last) before += widths[c] + gap;
  const bool breaks = width > 0 && columns_[last].left && before + widths[last] > width;
  if (breaks) widths[last] = std::max(narrowest_text, width - std::min(width, before));
  const auto put_cells = [&](const std::vector<std::string>& cells) {
    std::string line = margin;
    for (const std::size_t c : shown) {
      if (c == last && breaks) continue;
      line +=
          (c == shown.front() ? "" : std::string(gap, ' ')) + aligned(cells[c], widths[c], columns_[c].left);
    }
    if (!breaks) {
      put(out, line);
      return;
    }
    const std::vector<std::string> text = broken(cells[last], widths[last], 0);
    put(out, line + (shown.size() > 1 ? std::string(gap, ' ') : "") + text[0]);
    for (std::size_t i = 1; i < text.size(); ++i) put(out, std::string(before, ' ') + text[i]);
  };
  std::vector<std::string> heads;
  for (const TextColumn& column : columns_) heads.push_back(column.head);
  if (std::any_of(heads.begin(), heads.end(), [](const std::string& head) { return !head.empty(); }))
    put_cells(heads);
  for (const Line& line : lines_) {
    if (line.kind == Kind::row) {
      put_cells(line.cells);
    } else if (line.kind == Kind::heading) {
      put(out, line.text);
    } else if (first) {  // told once, however many parts there are
      std::string keys = margin;
      for (std::size_t c = 0; c < keys_; ++c)
        keys += aligned(line.cells[c], widths[c], columns_[c].left) + std::string(gap, ' ');
      std::size_t before_text = text_width(keys);
      const std::size_t wanted = std::max(narrowest_text, longest_word(line.text));
      if (width > 0 && before_text + wanted > width) {  // no room beside the keys
        put(out, keys);
        keys = margin + "    ";
        before_text = keys.size();
      }
      const std::size_t room =
          width == 0 ? 0 : std::max(narrowest_text, width - std::min(width, before_text));
      const std::vector<std::string> text = broken(line.text, room, 0);
      for (std::size_t i = 0; i < text.size(); ++i)
        put(out, (i == 0 ? keys : std::string(before_text, ' ')) + text[i]);
    }
  }
}

std::string TextTable::str(std::size_t width, std::size_t indent) const {
  const std::vector<std::size_t> all = widths();
  std::string out;
  std::size_t next = keys_;
  std::size_t keys_width = indent;
  for (std::size_t c = 0; c < keys_; ++c) keys_width += all[c] + gap;
  do {
    std::vector<std::size_t> shown;
    for (std::size_t c = 0; c < keys_; ++c) shown.push_back(c);
    std::size_t used = keys_width;
    const std::size_t begin = next;
    for (; next < columns_.size(); ++next) {
      const bool text = next + 1 == columns_.size() && columns_[next].left;  // can be broken at spaces
      const std::size_t wanted = text ? std::min(all[next], narrowest_text) : all[next];
      if (width > 0 && next > begin && used + wanted > width) break;
      used += all[next] + gap;
      shown.push_back(next);
    }
    if (begin > keys_) out += '\n';
    part(out, shown, all, width, indent, begin == keys_);
  } while (next < columns_.size());
  return out;
}

}  // namespace aifsim
