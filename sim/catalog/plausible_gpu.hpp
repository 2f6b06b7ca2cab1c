// What a GPU model says that no GPU is, in a file whose every key is right: warnings, each with its place.
//
//   clock     = peak / (multiprocessors * FLOPs of a multiprocessor per cycle, by architecture)
//   intensity = 16-bit peak / memory bandwidth
//
// Vendors print peaks with 2:4 sparsity, twice the dense ones, as the headline; a dense peak above what the
// multiprocessors do at 3 GHz is such a figure. So is a format that is more than 3.5 times as fast as the next wider.
#pragma once
#include <vector>

#include "base/error.hpp"
#include "catalog/gpu.hpp"

namespace aifsim {

std::vector<Problem> implausible(const GpuDescription& gpu);

// Kernels were measured under the limit that the model's file gives; another one changes what they draw, not how long
// they take. Where a scenario sets one over `limit`, that of the file. (A file that puts one over an included model's
// is told by the function above.)
std::vector<Problem> limit_without_cap(const GpuDescription& gpu, Watts limit);

}  // namespace aifsim
