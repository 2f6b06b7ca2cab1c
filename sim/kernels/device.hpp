// Figures of a GPU model that every price needs, or the reason why there is no price.
#pragma once
#include "catalog/gpu.hpp"

namespace aifsim {

// Dense peak for a dtype in FLOP/s. CannotAnswer, naming both, where the GPU model has none.
double peak_of(const GpuDescription& gpu, Dtype dtype);

// A constant that divides. CannotAnswer, naming GPU and key, where it is not above zero.
double needed(const GpuDescription& gpu, const Figure<double>& constant, const char* key);

}  // namespace aifsim
