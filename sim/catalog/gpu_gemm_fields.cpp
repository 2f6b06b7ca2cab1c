#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<GemmConstants> TableOf<GemmConstants>::make() {
  using T = GemmConstants;
  return {
      {
          required("compute_efficiency", &T::compute_efficiency, kShare,
                   "e_c: share of the dense peak that a large matrix product reaches."),
          required("memory_efficiency", &T::memory_efficiency, kShare,
                   "e_m: share of the memory bandwidth that a matrix product bound by memory reaches."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest matrix product."),
          required("norm", &T::norm, {.min = 1, .max = 100},
                   "p: how sharply the sides of the roofline meet; 1 adds them."),
          required("depth_ramp", &T::depth_ramp, {.min = 0, .max = 10000},
                   "k0: filling and draining a tile's pipeline costs as much as this much more of k."),
          required("depth_latency", &T::depth_latency, kNotNegative,
                   "t_k: latency along k, divided by the square root of k."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

}  // namespace aifsim::catalog
