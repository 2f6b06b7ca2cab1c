// Numbers that look random but follow from their arguments, the same on every machine.
#pragma once
#include <cstdint>

namespace aifsim {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the argument changes half of the
// result.
inline std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// Uniform in [0, 1).
inline double uniform(std::uint64_t x) { return static_cast<double>(mixed(x) >> 11) * 0x1p-53; }

}  // namespace aifsim
