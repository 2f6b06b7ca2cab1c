// Draws that the standard library leaves to each implementation: it fixes a generator's sequence but not its
// distributions, so these give the same values on every machine.
#pragma once
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace aifsim {

// Uniform in 0..below-1.
inline std::uint64_t draw_below(std::mt19937_64& generator, std::uint64_t below) {
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t usable = largest - largest % below;
  for (;;)
    if (const std::uint64_t value = generator(); value < usable) return value % below;
}

template <class T>
void shuffle(std::vector<T>& values, std::mt19937_64& generator) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[draw_below(generator, i)]);
}

}  // namespace aifsim
