// Arithmetic of an exercise: numbers with or without a unit (SI inside), names, + - * / ^, comparisons (1 where they
// hold, else 0), and, or, functions.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace aifsim {

// "64KiB" -> 65536, "12.5%" -> 0.125; none where it is no number.
std::optional<double> number_of(const std::string& text);

// InputError at `place` for what is no expression; what `value_of` throws passes.
double evaluate(const std::string& text, const Place& place,
                const std::function<double(const std::string& name)>& value_of);

}  // namespace aifsim
