// Constants of matrix products in a GPU model; sim/kernels/gemm.hpp has the equation.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Constants of the GEMM model (sim/kernels/gemm.hpp has the equation).
struct GemmConstants {
  Figure<double> compute_efficiency;  // e_c, of the dense peak, 0..1
  Figure<double> memory_efficiency;   // e_m, of the memory bandwidth, 0..1
  Figure<Seconds> fixed_time;         // t0
  Figure<double> norm;                // p, >= 1: how sharply the roofline's sides meet
  Figure<double> depth_ramp;      // k0, >= 0: length of k that filling and draining a tile's pipeline costs
  Figure<Seconds> depth_latency;  // t_k, >= 0: latency of the best split of k, over sqrt(k)
  FitInfo fit;
};

}  // namespace aifsim
