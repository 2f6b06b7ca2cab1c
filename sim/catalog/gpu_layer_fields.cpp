#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<StreamingConstants> TableOf<StreamingConstants>::make() {
  using T = StreamingConstants;
  return {{
              required("efficiency", &T::efficiency, kShare,
                       "e: share of the memory bandwidth that such kernels reach on long tensors."),
              required("cache_saving", &T::cache_saving, kShareLost,
                       "c: share of the time that a tensor in the level-2 cache saves."),
              required("cache_reach", &T::cache_reach, kPositive,
                       "l: size of a tensor of which half is saved, over the level-2 cache's."),
              required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest such kernel."),
              required("norm", &T::norm, {.min = 1, .max = 100},
                       "p: how sharply launch and traffic meet; 1 adds them."),
              required("fit", &T::fit, "Where the constants come from and how far they hold."),
          },
          {}};
}

Table<ExpertConstants> TableOf<ExpertConstants>::make() {
  using T = ExpertConstants;
  return {
      {
          required("compute_efficiency", &T::compute_efficiency, kShare,
                   "e_c: share of the dense peak that many tokens per expert reach."),
          required("tile_time", &T::tile_time, kNotNegative, "t_b: time of a tile however short."),
          required("memory_efficiency", &T::memory_efficiency, kShare,
                   "e_m: share of the memory bandwidth that reading the weights of experts reaches."),
          required("cache_gain", &T::cache_gain, {.min = 1, .max = 20},
                   "c: bandwidth of the level-2 cache over that of the memory."),
          required("memory_ramp", &T::memory_ramp, kNotNegative,
                   "t_m: per square root of a byte of weights."),
          required("norm", &T::norm, {.min = 1, .max = 100},
                   "p: how sharply compute and memory meet; 1 adds them."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest expert layer."),
          required("expert_time", &T::expert_time, kNotNegative,
                   "t_e: sorting the tokens, per expert of the model."),
          required(
              "local_efficiency", &T::local_efficiency, {.min = 0, .max = 1000, .above_min = true},
              "e_l: share of the memory bandwidth at which activations of the device's experts move; above 1 "
              "where part of it is hidden behind the products."),
          required("token_efficiency", &T::token_efficiency, {.min = 0, .max = 1000, .above_min = true},
                   "e_t: the same for passes over all tokens, wherever their experts are; large where the "
                   "software makes none."),
          required("odd_time", &T::odd_time, {.min = 1, .max = 100},
                   "o: time of the products over that of usual widths, where 16 does not divide the width."),
          required("averaging", &T::averaging, {.min = 0, .max = 10},
                   "g: how fast more experts per device even out its load."),
          optional("tile_rows", &T::tile_rows, {.min = 1, .max = 1024, .whole = true},
                   "M: rows of the largest tile."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

Table<HostConstants> TableOf<HostConstants>::make() {
  using T = HostConstants;
  return {{
              required("eager_launch", &T::eager_launch, kNotNegative,
                       "Host time per kernel of a framework's eager mode."),
              required("compiled_launch", &T::compiled_launch, kNotNegative,
                       "Host time per kernel of compiled code."),
              required("graph_launch", &T::graph_launch, kNotNegative, "Time per kernel of a CUDA graph."),
              optional("link_bandwidth", &T::link_bandwidth, kPositive,
                       "Of the link to the host, one direction, as the datasheet says."),
              optional("link_efficiency", &T::link_efficiency, kShare,
                       "Share of it that long copies from pinned memory reach."),
              optional("pageable_share", &T::pageable_share, kShare,
                       "Share of that which copies from pageable memory reach."),
              optional("copy_time", &T::copy_time, kNotNegative, "Time of the smallest copy over a link."),
              optional("peer_bandwidth", &T::peer_bandwidth, kPositive,
                       "To another device of the node, one direction."),
          },
          {}};
}

}  // namespace aifsim::catalog
