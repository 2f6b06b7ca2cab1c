// The names of a catalogue that a mistyped or shortened one most likely stands for.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace aifsim {

// `, did you mean "mn5_acc"?`, or `, did you mean one of "h100_pcie", "h100_sxm"?` for all that hold the word
// (case, - and _ apart); else the nearest, or all that hold its longest part; else `; known: a, b, c` when
// there are few, or "".
std::string similar_names(std::string_view word, std::span<const std::string> known);

}  // namespace aifsim
