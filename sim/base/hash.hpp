// Numbers that look random but follow from their arguments, the same on every machine.
#pragma once
#include <cstdint>
#include <string_view>

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

// Of a text: FNV-1a, mixed.
inline std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33);
}
inline double uniform_of(std::string_view text) { return static_cast<double>(hash_of(text) >> 11) * 0x1p-53; }

}  // namespace aifsim
