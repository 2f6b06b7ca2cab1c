#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<PowerConstants> TableOf<PowerConstants>::make() {
  using T = PowerConstants;
  return {{
              required("idle", &T::idle, kNotNegative, "Power of an idle device."),
              required("compute_watts", &T::compute_watts, kNotNegative,
                       "Power at the dense peak without a cap, over the power limit."),
              required("memory_watts", &T::memory_watts, kNotNegative,
                       "Power at the full memory bandwidth, over the power limit."),
              required("fit", &T::fit, "Where the constants come from and how far they hold."),
          },
          {}};
}

}  // namespace aifsim::catalog
