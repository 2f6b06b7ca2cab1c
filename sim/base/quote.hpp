// What a user wrote, fit to stand in a one-line message.
#pragma once
#include <string>
#include <string_view>

namespace aifsim {

// In double quotes; control characters become '?', and text beyond `longest` bytes (whole UTF-8 characters)
// "...".
std::string quote(std::string_view text, std::size_t longest = 60);

}  // namespace aifsim
