// Constants of power in a GPU model; sim/kernels/power.hpp has the equation.
#pragma once
#include <optional>

#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

// Of attention kernels, where the others were fitted to matrix products alone.
struct AttentionPower {
  Figure<double> compute, compute_exponent, busy;  // a_c, g, a_s
  Place place;
};

struct PowerConstants {
  Figure<double> idle;              // i, of the power limit: between kernels, memory on
  Figure<double> compute;           // a_c, of the power limit: what the matrix units would draw at their peak
  Figure<double> compute_exponent;  // g: how this grows with their use
  Figure<double> memory;            // a_m, of the power limit: what the full memory bandwidth draws
  Figure<double> busy;              // a_s, of the power limit: what multiprocessors that merely run draw
  Figure<double> clock_exponent;    // n: power above idle goes with the clock to this power
  std::optional<AttentionPower> attention;
  FitInfo fit;
};

}  // namespace aifsim
