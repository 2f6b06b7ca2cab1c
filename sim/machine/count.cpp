#include "machine/count.hpp"

#include <fmt/core.h>

#include <cmath>

#include "base/error.hpp"

namespace aifsim {

std::int64_t whole(const Figure<double>& count, std::string_view what, std::int64_t at_least) {
  constexpr double largest = 1e12;  // far above any machine, far below where doubles skip integers
  if (!(count.value >= static_cast<double>(at_least)) || count.value > largest ||
      std::floor(count.value) != count.value)
    throw InputError(count.place, fmt::format("{}: found {:g}; a whole number of at least {} would be right",
                                              what, count.value, at_least));
  return static_cast<std::int64_t>(count.value);
}

}  // namespace aifsim
