// Time of a matrix multiplication C[m,n] += A[m,k] B[k,n], `batch` times in one launch.
//
//   t = t0 + (c^p + v^p + l^p)^(1/p)
//   c = 2 batch m n (k + k0) / (e_c F)               arithmetic
//   v = s batch (m n + m k + n k) / (e_m B)          memory traffic: each matrix once
//   l = t_k sqrt(k)                                  latency along k
//
//   F   FLOP/s   dense peak of the dtype              B    B/s  memory bandwidth
//   e_c 1        share of F that large GEMMs reach    e_m  1    share of B that thin GEMMs reach
//   s   B        bytes per element                    t0   s    launch, first loads, last stores
//   k0  1        a tile's pipeline fills and drains once: that costs as much as k0 more of k
//   t_k s        splitting k into j parts costs about a k/j + b j; the best j leaves 2 sqrt(a b k)
//   p   1        how sharply the sides meet: 1 = one after the other, infinity = fully overlapped
//
// Assumption: a library picks a good kernel, so that tile and wave quantisation average out (fits with
// them were no better on held-out shapes). Burst speed: clocks under a power cap are the caller's matter.
// Range: m 1..32768, n and k 32..65536, 16-bit formats; sides 128 at least for e_c to mean anything.
// Source: form from the roofline (Williams, Waterman, Patterson 2009) with a p-norm corner; constants by
// `aifsim calibrate gpu`.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

struct GemmCoefficients {
  double compute_efficiency, memory_efficiency, fixed_time, norm, depth_ramp, depth_latency;
};

// The equation alone; peak in FLOP/s, bandwidth in B/s, result in seconds.
double gemm_seconds(const Gemm& gemm, double peak, double bandwidth, const GemmCoefficients& c);

// The block that prices a dtype: its own, or that of the 16-bit formats.
const GemmConstants& constants_of(const GpuDescription& gpu, Dtype dtype);

Price price_gemm(const GpuDescription& gpu, const Gemm& gemm);

}  // namespace aifsim
