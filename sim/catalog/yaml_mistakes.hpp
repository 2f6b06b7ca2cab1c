// Mistakes of YAML itself, told in words of the one who typed them and where they began.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace aifsim::catalog {

// A quote that nothing closes, which the parser takes for a text up to the end of the file.
std::optional<Problem> unclosed_quote(std::string_view text, const std::string& file);

// What is wrong in a text that the parser refuses at `place`, with its own message where nothing better is known.
Problem yaml_mistake(std::string_view text, const Place& place, const std::string& parser_message);

}  // namespace aifsim::catalog
