#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<AttentionConstants> TableOf<AttentionConstants>::make() {
  using T = AttentionConstants;
  return {
      {
          required(
              "forward_efficiency", &T::forward_efficiency, kShare,
              "e_f: share of the dense peak that the forward pass reaches on long sequences, besides the "
              "softmax."),
          required(
              "backward_efficiency", &T::backward_efficiency, kShare,
              "e_b: share of the dense peak that the backward pass reaches on long sequences, besides the "
              "softmax."),
          required("memory_efficiency", &T::memory_efficiency, kShare,
                   "e_m: share of the memory bandwidth that attention bound by memory reaches."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest attention kernel."),
          required("softmax_flops", &T::softmax_flops, {.min = 0, .max = 100000},
                   "x: matrix FLOPs that fit into the time of one exponential."),
          required("flash2_forward_share", &T::flash2_forward_share, kShare,
                   "Share of e_f that FlashAttention-2 reaches; 1 where it is the newest."),
          required("flash2_backward_share", &T::flash2_backward_share, kShare,
                   "Share of e_b that FlashAttention-2 reaches; 1 where it is the newest."),
          required("tail", &T::tail, {.min = 0, .max = 100},
                   "a: rows of tiles that each multiprocessor waits for at the end."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

Table<DecodeConstants> TableOf<DecodeConstants>::make() {
  using T = DecodeConstants;
  return {{
              required("memory_efficiency", &T::memory_efficiency, kShare,
                       "Share of the memory bandwidth that reading a long KV cache reaches."),
              required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest such kernel."),
              required("fit", &T::fit, "Where the constants come from and how far they hold."),
          },
          {}};
}

}  // namespace aifsim::catalog
