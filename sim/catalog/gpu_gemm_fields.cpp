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
          required("tile_overhead", &T::tile_overhead, {.min = 0, .max = 10000},
                   "a: an element of a tile's edge costs as much as this many inside."),
          required("depth_ramp", &T::depth_ramp, {.min = 0, .max = 10000},
                   "k0: filling and draining a tile's pipeline costs as much as this much more of k."),
          required("depth_latency", &T::depth_latency, kNotNegative, "t_k: latency per element of k."),
          required("split_time", &T::split_time, kNotNegative,
                   "t_s: time of joining the parts of a split k."),
          required("floor_time", &T::floor_time, kNotNegative, "t_f: latency of a tile however short."),
          required("memory_ramp", &T::memory_ramp, kNotNegative,
                   "t_m: time per square root of a byte moved: short transfers reach less bandwidth."),
          required("wave_share", &T::wave_share, {.min = 0, .max = 1, .ratio = true},
                   "w: share of the last wave's idle time that is lost."),
          optional("least_rows", &T::least_rows, {.min = 0, .max = 256},
                   "r: rows that a tile has at least, where the product has as many; 0: any tile will do."),
          optional("row_time", &T::row_time, kNotNegative,
                   "t_r: time per row of the pass that quantises the first matrix."),
          optional("quantise_efficiency", &T::quantise_efficiency, {.min = 0, .max = 1, .ratio = true},
                   "e_q: share of the memory bandwidth that this pass reaches; 0: there is no such pass."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

}  // namespace aifsim::catalog
