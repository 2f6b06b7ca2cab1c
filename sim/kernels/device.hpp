// What every price needs: figures of a GPU model, or the reason why there is none, and shapes that several
// equations share.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "catalog/gpu.hpp"

namespace aifsim {

// Dense peak for a dtype in FLOP/s. CannotAnswer, naming both, where the GPU model has none.
double peak_of(const GpuDescription& gpu, Dtype dtype);

// A constant that divides. CannotAnswer, naming GPU and key, where it is not above zero.
double needed(const GpuDescription& gpu, const Figure<double>& constant, const char* key);

// What a software release has of its own in a fit; nullptr where the fit does not know it.
const ReleaseFactor* find_release(const FitInfo& fit, std::string_view software);

// Whether a kernel of these head sizes takes one; it takes all where none is named.
bool takes_head(const std::vector<double>& head_sizes, std::int64_t head_dim);

// How much wider a band is where no row was measured.
inline constexpr double kWithoutRows = 2;

// (a^p + b^p)^(1/p)
double p_norm(double a, double b, double p);

// Time per byte over that from memory, for bytes that are touched again and again: 1 where the level-2 cache
// does not hold them, 1/gain where it does, even in between 0.9 and 1.1 of its size.
double cache_slowness(double bytes, double cache, double gain);

}  // namespace aifsim
