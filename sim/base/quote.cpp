#include "base/quote.hpp"

#include <fmt/format.h>

#include <boost/locale/utf.hpp>

namespace aifsim {
namespace {

namespace utf = boost::locale::utf;

bool steers(utf::code_point c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||                                       // C0, DEL, C1
         c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||  // marks, separators
         (c >= 0x2066 && c <= 0x2069) || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE007F);  // tags
}

std::string shown(std::string_view text, bool lines, Shown how, std::string* rest) {
  std::string out;
  out.reserve(text.size());
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = at;
    const utf::code_point point = utf::utf_traits<char>::decode(at, text.end());
    if (point == utf::incomplete && rest) {
      rest->assign(begin, text.end());
      return out;
    }
    if (!utf::is_valid_codepoint(point)) {
      at = begin + 1;  // what follows may be sound
      out += how == Shown::escaped ? "\xEF\xBF\xBD" : "?";
    } else if (steers(point) && !(lines && (point == '\n' || point == '\t'))) {
      if (how == Shown::replaced)
        out += '?';
      else if (point < 0x10000)
        out += fmt::format("\\u{:04x}", point);
      else
        out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((point - 0x10000) >> 10),
                           0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      out.append(begin, at);
    }
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return shown(text, false, Shown::replaced, nullptr); }

std::string printable_lines(std::string_view text, Shown how, std::string& rest) {
  rest.clear();
  return shown(text, true, how, &rest);
}

std::string quote(std::string_view text, std::size_t longest) {
  std::size_t end = text.size();
  if (end > longest) {
    end = longest;
    // A byte 10xxxxxx continues a character: go back to where the character starts.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  }
  return '"' + printable(text.substr(0, end)) + (end < text.size() ? "...\"" : "\"");
}

}  // namespace aifsim
