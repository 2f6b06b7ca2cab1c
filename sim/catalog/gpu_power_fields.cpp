#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<AttentionPower> TableOf<AttentionPower>::make() {
  using T = AttentionPower;
  return {{
              required("compute", &T::compute, {.min = 0, .max = 20}, "a_c, over the power limit."),
              required("compute_exponent", &T::compute_exponent, {.min = 0.1, .max = 10}, "g."),
              required("busy", &T::busy, {.min = 0, .max = 20}, "a_s, over the power limit."),
          },
          {}};
}

Table<PowerConstants> TableOf<PowerConstants>::make() {
  using T = PowerConstants;
  return {{
              required("idle", &T::idle, kShareLost, "i: power between kernels, over the power limit."),
              required("compute", &T::compute, {.min = 0, .max = 20},
                       "a_c: what the matrix units would draw at their dense peak, over the power limit."),
              required("compute_exponent", &T::compute_exponent, {.min = 0.1, .max = 10},
                       "g: power of the matrix units goes with their use to this power."),
              required("memory", &T::memory, {.min = 0, .max = 20},
                       "a_m: what the full memory bandwidth draws, over the power limit."),
              required("busy", &T::busy, {.min = 0, .max = 20},
                       "a_s: what multiprocessors that merely run draw, over the power limit."),
              required("clock_exponent", &T::clock_exponent, {.min = 0.5, .max = 20},
                       "n: power above idle goes with the clock to this power."),
              part("attention", &T::attention,
                   "Of attention kernels, where the others were fitted to matrix products alone."),
              required("fit", &T::fit, "Where the constants come from and how far they hold."),
          },
          {}};
}

}  // namespace aifsim::catalog
