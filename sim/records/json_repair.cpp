#include "records/json_repair.hpp"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kLongestFigure = 64;

bool of_figure(char c) { return is_digit(c) || is_alpha(c) || c == '+' || c == '-' || c == '.'; }

// NaN, -Infinity, 1e999 and their like.
bool is_no_number(std::string_view token) {
  std::string word = lower(token);
  if (!word.empty() && (word[0] == '-' || word[0] == '+')) word.erase(0, 1);
  if (word == "nan" || word == "inf" || word == "infinity") return true;
  if (word.find('e') == std::string::npos || !is_digit(word[0])) return false;
  return std::isinf(std::strtod(word.c_str(), nullptr));
}

}  // namespace

void JsonRepair::change(char* bytes, std::size_t at, char to) {
  if (bytes[at] == '\n') breaks_.push_back(at);
  if (first_ == std::string::npos) first_ = at;
  bytes[at] = to;
  ++changed_;
}

// The byte behind the character at `at`; `at` itself where its end is still to come.
std::size_t JsonRepair::in_text(char* bytes, std::size_t at, std::size_t size, bool last) {
  const auto c = static_cast<unsigned char>(bytes[at]);
  if (escaped_) {
    escaped_ = false;
    if (c < 0x20) change(bytes, at, 'n');
    return at + 1;
  }
  if (c == '"') {
    in_text_ = false;
  } else if (c == '\\') {
    if (at + 1 == size && !last) return at;
    if (at + 1 < size && std::string_view("\"\\/bfnrtu").find(bytes[at + 1]) == std::string_view::npos) {
      change(bytes, at, '/');  // "C:\dir"
    } else {
      escaped_ = true;
    }
  } else if (c < 0x20) {
    change(bytes, at, ' ');
  } else if (c >= 0x80) {
    namespace utf = boost::locale::utf;
    const char* next = bytes + at;
    const utf::code_point point = utf::utf_traits<char>::decode(next, static_cast<const char*>(bytes + size));
    if (point == utf::incomplete && !last && size - at < 4) return at;
    if (point != utf::incomplete && point != utf::illegal) return static_cast<std::size_t>(next - bytes);
    change(bytes, at, '?');
  }
  return at + 1;
}

// The byte behind a number or a word; `at` itself where its end is still to come.
std::size_t JsonRepair::figure(char* bytes, std::size_t at, std::size_t size, bool last) const {
  std::size_t end = at;
  while (end < size && of_figure(bytes[end])) ++end;
  if (end == size && !last && end - at < kLongestFigure) return at;
  if (end - at >= 3 && end - at <= kLongestFigure && is_no_number({bytes + at, end - at})) {
    std::fill(bytes + at, bytes + end, ' ');
    bytes[at] = bytes[at + 1] = '"';
  }
  return end;
}

std::size_t JsonRepair::apply(char* bytes, std::size_t size, bool last) {
  breaks_.clear();
  first_ = std::string::npos;
  std::size_t at = 0;
  while (at < size) {
    std::size_t next = at + 1;
    if (in_text_) {
      next = in_text(bytes, at, size, last);
    } else if (bytes[at] == '"') {
      in_text_ = true;
    } else if (of_figure(bytes[at])) {
      next = figure(bytes, at, size, last);
    } else if (bytes[at] == ',') {
      std::size_t behind = next;
      while (behind < size && std::string_view(" \t\r\n").find(bytes[behind]) != std::string_view::npos)
        ++behind;
      if (behind < size && (bytes[behind] == ']' || bytes[behind] == '}')) bytes[at] = ' ';
    }
    if (next == at) break;
    at = next;
  }
  return at;
}

}  // namespace aifsim::records
