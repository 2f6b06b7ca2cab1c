// What a user wrote, fit to be shown: nothing in it may steer a terminal, or look like what it is not.
#pragma once
#include <string>
#include <string_view>

namespace aifsim {

// Each character that would steer a terminal (controls of ASCII, line breaks and tabs among them, the C1
// controls U+0080 to U+009F, marks that turn the direction of text, separators of lines) and each byte that
// is no UTF-8 becomes '?'.
std::string printable(std::string_view text);

// printable(), in double quotes; text beyond `longest` bytes (whole UTF-8 characters) becomes "...".
std::string quote(std::string_view text, std::size_t longest = 60);

// The characters that printable() replaces, in any of these ways.
enum class Shown {
  replaced,  // '?'
  escaped,   // as in JSON: "\\u009b", and U+FFFD for what is no UTF-8
};
// The same for text of many lines: line breaks and tabs stay. `rest` gets a character that `text` cuts off.
std::string printable_lines(std::string_view text, Shown how, std::string& rest);

}  // namespace aifsim
