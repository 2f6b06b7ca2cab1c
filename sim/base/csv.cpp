#include "base/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/quote.hpp"
#include "base/similar_names.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kLongestRow = 1 << 20;  // bytes; a quote that is never closed must not eat the memory

// "3,5" and "1.234,5" are numbers where commas part decimals.
bool has_decimal_comma(std::string_view text) {
  return text.find(',') != std::string_view::npos &&
         text.find_first_not_of("0123456789.,+-eE ") == std::string_view::npos;
}

// A cell as messages show it.
std::string shortened_cell(const std::string& cell) {
  const std::string quoted = quote(cell, 200);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

CsvReader::CsvReader(std::istream& in, std::string name, int lines_before)
    : in_(in), name_(std::move(name)), line_(1 + lines_before), header_line_(1 + lines_before) {
  if (!read_record(columns_))
    throw InputError({name_, header_line_, 1}, "the table is empty; its first line must name the columns");
  if (!columns_.empty() && columns_.front().rfind("\xEF\xBB\xBF", 0) == 0) columns_.front().erase(0, 3);
  header_starts_ = starts_;
  refuse_other_separators();
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (!index_.emplace(columns_[i], i).second)
      throw InputError({name_, header_line_, starts_[i]},
                       fmt::format("column {} stands twice in the header", quote(columns_[i])));
}

// A table of semicolons or tabs would be one of few, strange columns.
void CsvReader::refuse_other_separators() const {
  for (const auto& [separator, name] : {std::pair(';', "semicolons"), {'\t', "tabs"}}) {
    std::size_t count = 0, first = 0;
    for (std::size_t i = columns_.size(); i-- > 0;)
      if (const std::size_t at = columns_[i].find(separator); at != std::string::npos) {
        count += static_cast<std::size_t>(std::count(columns_[i].begin(), columns_[i].end(), separator));
        first = static_cast<std::size_t>(header_starts_[i]) + at;
      }
    if (count < columns_.size()) continue;
    throw InputError(
        {name_, header_line_, static_cast<int>(first)},
        fmt::format(
            "the columns are parted by {}; expected commas, and points in decimals: python3 -c "
            "\"import csv, re, sys; csv.writer(sys.stdout).writerows([re.sub(r'^(-?\\d+),(\\d+)$', "
            "r'\\1.\\2', c) for c in row] for row in csv.reader(sys.stdin, delimiter='{}'))\" < IN > OUT",
            name, separator == ';' ? ";" : "\\t"));
  }
}

Place CsvReader::header_place(std::string_view column) const {
  const auto found = index_.find(std::string(column));
  return {name_, header_line_, found == index_.end() ? 1 : header_starts_[found->second]};
}

bool CsvReader::has(std::string_view column) const { return index_.count(std::string(column)) > 0; }

void CsvReader::require(const std::vector<std::string>& columns) const {
  std::vector<std::string> missing;
  for (const auto& c : columns)
    if (!has(c)) missing.push_back(c);
  if (missing.empty()) return;
  constexpr std::size_t kMostNamed = 60, kLongestName = 40;  // of a file that may be no table at all
  std::string present;
  for (std::size_t i = 0; i < columns_.size() && i <= kMostNamed; ++i) {
    const std::string c = i < kMostNamed ? columns_[i] : "...";
    present +=
        (present.empty() ? "" : ", ") + (c.size() > kLongestName ? quote(c, kLongestName) : printable(c));
  }
  std::string meant;
  for (const auto& c : missing) {
    const std::string near = similar_names(c, columns_);
    if (!near.starts_with(", did you mean")) continue;
    meant +=
        (missing.size() == 1 ? "" : " (" + quote(c, kLongestName)) + near + (missing.size() == 1 ? "" : ")");
  }
  throw InputError({name_, header_line_, 1}, fmt::format("missing column(s) {}{}; the table has {}",
                                                         fmt::join(missing, ", "), meant, present));
}

// One record may span several lines when a quoted cell does.
bool CsvReader::read_record(std::vector<std::string>& cells) {
  cells.clear();
  starts_.clear();
  if (in_.peek() == std::char_traits<char>::eof()) return false;
  row_line_ = line_;
  std::string cell;
  std::size_t bytes = 0;
  bool quoted = false, any = false;
  int column = 0, start = 1;
  const auto finish = [&] {
    cells.push_back(std::move(cell));
    cell.clear();
    starts_.push_back(start);
    start = column + 1;
    any = false;
  };
  for (int ch; (ch = in_.get()) != std::char_traits<char>::eof();) {
    ++column;
    if (++bytes > kLongestRow)
      throw InputError(
          {name_, row_line_, start},
          fmt::format("a row of more than {} bytes; is this a CSV table, or a \" missing?", kLongestRow));
    const char c = static_cast<char>(ch);
    if (quoted) {
      if (c == '\n') {
        ++line_;
        column = 0;
      }
      if (c == '"' && in_.peek() == '"') {
        cell += static_cast<char>(in_.get());
        ++column;
      } else if (c == '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c == '"' && !any) {
      quoted = true;
      any = true;
    } else if (c == ',') {
      finish();
    } else if (c == '\n') {
      ++line_;
      if (!cell.empty() && cell.back() == '\r') cell.pop_back();
      finish();
      return true;
    } else {
      cell += c;
      any = true;
    }
  }
  if (quoted) throw InputError({name_, row_line_, start}, "a quoted cell is never closed; a \" is missing");
  finish();
  return true;
}

bool CsvReader::next() {
  while (read_record(cells_)) {
    if (cells_.size() == 1 && cells_.front().empty()) continue;  // an empty line
    if (cells_.size() != columns_.size())
      throw InputError({name_, row_line_, 1},
                       fmt::format("the row has {} cells, but the header names {} columns{}", cells_.size(),
                                   columns_.size(),
                                   cells_.size() > columns_.size()
                                       ? "; a text with a comma needs quotes, and decimals have a point"
                                       : ""));
    return true;
  }
  return false;
}

const std::string& CsvReader::cell(std::string_view column) const {
  static const std::string empty;
  const auto found = index_.find(std::string(column));
  return found == index_.end() ? empty : cells_[found->second];
}

Place CsvReader::place(std::string_view column) const {
  const auto found = index_.find(std::string(column));
  return {name_, row_line_, found == index_.end() ? 1 : starts_[found->second]};
}

std::optional<double> CsvReader::number(std::string_view column) const {
  const std::string& text = cell(column);
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    throw InputError(
        place(column),
        fmt::format("column '{}' must be a number, found '{}'{}", column, shortened_cell(text),
                    has_decimal_comma(text) ? ": a comma in it; write decimals with a point" : ""));
  return value;
}

std::optional<std::int64_t> CsvReader::integer(std::string_view column) const {
  const auto value = number(column);
  if (!value) return std::nullopt;
  if (*value != std::floor(*value) || std::abs(*value) > 9e15)
    throw InputError(place(column), fmt::format("column '{}' must be a whole number, found '{}'", column,
                                                shortened_cell(cell(column))));
  return static_cast<std::int64_t>(*value);
}

}  // namespace aifsim
