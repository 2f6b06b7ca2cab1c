// Time of an operation of which only its work is known (traces that name neither shape nor time).
//
//   t = max(F / P, V / B)
//
//   F  FLOP  operations            P  FLOP/s  dense peak for bf16
//   V  B     bytes it touches      B  B/s     memory bandwidth
//
// A bound, and so too short: no kernel reaches both peaks. Source: Williams, Waterman, Patterson 2009.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

Price price_roofline(const GpuDescription& gpu, const Roofline& op);

}  // namespace aifsim
