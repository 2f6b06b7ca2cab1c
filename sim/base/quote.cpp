#include "base/quote.hpp"

namespace aifsim {

std::string quote(std::string_view text, std::size_t longest) {
  std::size_t end = text.size();
  if (end > longest) {
    end = longest;
    // A byte 10xxxxxx continues a character: go back to where the character starts.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  }
  std::string out = "\"";
  for (char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return out + (end < text.size() ? "...\"" : "\"");
}

}  // namespace aifsim
