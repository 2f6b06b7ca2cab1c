// Kinds of characters of ASCII, whatever the locale.
#pragma once

namespace aifsim {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace aifsim
