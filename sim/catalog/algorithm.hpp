// The names of collective algorithms. The list is algorithms.def; what they do is sim/collectives/.
#pragma once
#include <array>
#include <string_view>

namespace aifsim {

enum class Algorithm {
  automatic,  // the one with the least predicted time
#define ALGORITHM(name, meaning) name,
#include "catalog/algorithms.def"
#undef ALGORITHM
};

// By enumerator.
inline constexpr auto kAlgorithmNames = std::to_array<std::string_view>({
    "automatic",
#define ALGORITHM(name, meaning) #name,
#include "catalog/algorithms.def"
#undef ALGORITHM
});
inline constexpr auto kAlgorithmMeanings = std::to_array<std::string_view>({
    "the one with the least predicted time",
#define ALGORITHM(name, meaning) meaning,
#include "catalog/algorithms.def"
#undef ALGORITHM
});

constexpr const char* name_of(Algorithm a) { return kAlgorithmNames[static_cast<std::size_t>(a)].data(); }

}  // namespace aifsim
