// What to tell of a file that no reader takes: what it is, as far as can be seen, and what the user can do.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "records/input.hpp"

namespace aifsim::records {

// Files whose first bytes or whose names say what they are, which no reader takes.
std::optional<std::string> advice_for(std::string_view name, std::string_view first_bytes);

// Of a file that no reader recognises: the tool that wrote it, where that one is known; else the nearest format by the
// words that are found, and what its reader misses.
std::string refusal(const Input& input, std::string_view head);

}  // namespace aifsim::records
