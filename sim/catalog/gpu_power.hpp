// Constants of power in a GPU model; sim/kernels/power.hpp has the equation.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Constants of power and clocks (sim/kernels/power.hpp).
struct PowerConstants {
  Figure<Watts> idle;
  Figure<double> compute_watts;  // at the dense peak without a cap, over the power limit
  Figure<double> memory_watts;   // at the full memory bandwidth, over the power limit
  FitInfo fit;
};

}  // namespace aifsim
