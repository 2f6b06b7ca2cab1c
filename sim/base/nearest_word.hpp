// The known word that a mistyped one most likely stands for.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aifsim {

// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
int edit_distance(std::string_view a, std::string_view b);

// Nearest of `known`, case apart, or nothing when none is near (more than a third of the letters differ).
std::optional<std::string_view> nearest_word(std::string_view word, std::span<const std::string_view> known);

// `, did you mean "gpus"?`, or `; known: a, b, c` when nothing is near and the list is short, or "".
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace aifsim
