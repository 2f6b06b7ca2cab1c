// The cap under which boards keep a rack, or the site, to what it can be given (power.cap_gpus_to of a platform).
//
//   rack   cap = (c R / r - P_n) / (G L)            site   cap = (c (S / (pue N) - P_s) - P_n - P_f) / (G L)
//
//   cap  1  share of a board's limit, 1 at most    R, S  W  that a rack, the site can be given    r, N  nodes in it
//   c    1  what arrives behind conversion         G L   W  boards of a node, each at its limit
//   P_n, P_f, P_s  W  of a node: all but its boards, at their limits; its share of switches; of file systems (at the plug)
//
// Assumption: one cap for all boards, set beforehand, under which all parts can be at their limits at once, as operators
// set it; boards that need less are not slowed. What a cap does to a clock: kernels/power.hpp.
#pragma once
#include <string>

#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"

namespace aifsim {

// The board with that cap, or its own where that is lower. InputError where idle boards draw more.
GpuDescription capped(GpuDescription gpu, const PlatformDescription& platform);

// "boards are held to 83 % of their limit, so that a rack keeps to 100kW", or "".
std::string cap_note(const PlatformDescription& platform, const GpuDescription& gpu);

}  // namespace aifsim
