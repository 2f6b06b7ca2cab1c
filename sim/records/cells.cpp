#include "records/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/quote.hpp"

namespace aifsim::records {

std::vector<Cell> csv_cells(std::string_view line, char delimiter) {
  std::vector<Cell> cells;
  for (std::size_t at = 0; at <= line.size();) {
    std::size_t first = at;
    while (first < line.size() && (line[first] == ' ' || (line[first] == '\t' && delimiter != '\t'))) ++first;
    Cell cell{"", static_cast<int>(first) + 1};
    if (first < line.size() && line[first] == '"') {
      for (at = first + 1; at < line.size(); ++at) {
        if (line[at] == '"' && (at + 1 == line.size() || line[at + 1] != '"')) break;
        if (line[at] == '"') ++at;
        cell.text += line[at];
      }
      at = std::min(line.find(delimiter, std::min(at, line.size())), line.size());
    } else {
      at = std::min(line.find(delimiter, first), line.size());
      cell.text = trimmed(line.substr(first, at - first));
    }
    cells.push_back(std::move(cell));
    ++at;
  }
  return cells;
}

std::vector<Cell> column_cells(std::string_view line) {
  std::vector<Cell> cells;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min({line.find("  ", at), line.find('\t', at), line.size()});
    cells.push_back({std::string(line.substr(at, end - at)), static_cast<int>(at) + 1});
    at = end;
  }
  return cells;
}

char delimiter_of(std::string_view header) {
  const auto count = [&](char c) { return std::count(header.begin(), header.end(), c); };
  if (count(';') > count(',') && count(';') >= count('\t')) return ';';
  return count('\t') > count(',') ? '\t' : ',';
}

std::string title_key(std::string_view title) {
  std::string key;
  const std::string text = lower(title);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '%') key += c;
    // The sign of "micro", of which Unicode has two.
    if (text.compare(i, 2, "\xC2\xB5") == 0 || text.compare(i, 2, "\xCE\xBC") == 0) key += 'u';
  }
  return key;
}

bool has_decimal_commas(const std::vector<Cell>& row, char delimiter) {
  bool points = false;
  for (const Cell& cell : row) {
    if (cell.text.find_first_not_of("0123456789.,+-eE") != std::string::npos) continue;
    const auto commas = std::count(cell.text.begin(), cell.text.end(), ',');
    const std::size_t last = cell.text.rfind(',');
    if (commas == 1 && cell.text.find('.', last) == std::string::npos) {
      const std::size_t end = std::min(cell.text.find_first_not_of("0123456789", last + 1), cell.text.size());
      if (end - last != 4 || cell.text.find('.') < last) return true;
    }
    points = points || (commas == 0 && std::count(cell.text.begin(), cell.text.end(), '.') == 1);
  }
  return delimiter == ';' && !points;
}

double number_of(std::string_view text, const Place& place, const char* what, bool decimal_commas) {
  std::string digits(trimmed(text));
  // "1,048,576" has none that part decimals.
  decimal_commas = decimal_commas && std::count(digits.begin(), digits.end(), ',') < 2;
  if (decimal_commas && (digits.find(',') != std::string::npos || digits.size() - digits.rfind('.') == 4))
    std::erase(digits, '.');  // "1.048.576"
  if (decimal_commas) std::replace(digits.begin(), digits.end(), ',', '.');
  std::erase(digits, ',');
  if (const auto value = as_number(digits)) return *value;
  throw InputError(place, fmt::format("{}: expected a number, found {}", what, quote(text)));
}

}  // namespace aifsim::records
