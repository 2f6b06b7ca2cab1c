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
          required("tail", &T::tail, {.min = 0, .max = 100},
                   "a: tiles of full length that each multiprocessor waits for at the end."),
          required("tile_time", &T::tile_time, kNotNegative, "t_b: time of a tile however short."),
          required("memory_efficiency", &T::memory_efficiency, kShare,
                   "e_m: share of the memory bandwidth that attention bound by memory reaches."),
          required("cache_gain", &T::cache_gain, {.min = 1, .max = 20},
                   "c: bandwidth of the level-2 cache over that of the memory."),
          required("memory_ramp", &T::memory_ramp, kNotNegative, "t_m: per square root of a byte moved."),
          required("norm", &T::norm, {.min = 1, .max = 100},
                   "p: how sharply compute and memory meet; 1 adds them."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest attention kernel."),
          required("store_efficiency", &T::store_efficiency, {.min = 0, .max = 1000, .above_min = true},
                   "e_k: share of the memory bandwidth at which keys and values are stored into the cache; "
                   "above 1 "
                   "where part of it is hidden."),
          required("token_time", &T::token_time, kNotNegative, "t_q: storing into the cache, per token."),
          required("sequence_time", &T::sequence_time, kNotNegative, "t_s: scheduling, per sequence."),
          optional("softmax_flops", &T::softmax_flops, {.min = 0, .max = 100000},
                   "x: matrix FLOPs that fit into the time of one exponential."),
          optional(
              "backward_efficiency", &T::backward_efficiency, kShare,
              "e_b: share of the dense peak that the backward pass reaches on long sequences, besides the "
              "softmax."),
          optional("flash2_forward_share", &T::flash2_forward_share, kShare,
                   "Share of e_f that FlashAttention-2 reaches; 1 where it is the newest."),
          optional("flash2_backward_share", &T::flash2_backward_share, kShare,
                   "Share of e_b that FlashAttention-2 reaches; 1 where it is the newest."),
          optional(
              "backward_fit", &T::backward_fit,
              "Where backward_efficiency was carried over: from whom, and the spread beside the block's."),
          optional(
              "flash2_fit", &T::flash2_fit,
              "Where the shares of FlashAttention-2 were carried over: from whom, and the spread beside the "
              "block's."),
          optional("tile_rows", &T::tile_rows, {.min = 1, .max = 1024, .whole = true},
                   "M: rows of queries of a tile."),
          optional("fp8_products", &T::fp8_products, "Whether the two products run in FP8."),
          optional("packs_heads", &T::packs_heads,
                   "Whether queries of heads that share keys fill a tile together."),
          optional("head_sizes", &T::head_sizes, {.min = 1, .max = 65536, .whole = true},
                   "Head sizes that the kernel takes, where another block stands for the others; none: all."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

Table<AttentionBackward> TableOf<AttentionBackward>::make() {
  using T = AttentionBackward;
  return {
      {
          required(
              "efficiency", &T::efficiency, kShare,
              "e_b: share of the dense peak that the backward pass reaches on long sequences, besides the "
              "softmax."),
          required("tail", &T::tail, {.min = 0, .max = 100},
                   "a: tiles of full length that each multiprocessor waits for at the end."),
          required("tile_time", &T::tile_time, kNotNegative, "t_b: time of a tile however short."),
          required("memory_efficiency", &T::memory_efficiency, kShare,
                   "e_m: share of the memory bandwidth that a pass bound by memory reaches."),
          required("cache_gain", &T::cache_gain, {.min = 1, .max = 20},
                   "c: bandwidth of the level-2 cache over that of the memory."),
          required("memory_ramp", &T::memory_ramp, kNotNegative, "t_m: per square root of a byte moved."),
          required("norm", &T::norm, {.min = 1, .max = 100},
                   "p: how sharply compute and memory meet; 1 adds them."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest such pass."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

Table<DecodeConstants> TableOf<DecodeConstants>::make() {
  using T = DecodeConstants;
  return {
      {
          required("memory_efficiency", &T::memory_efficiency, kShare,
                   "e_m: share of the memory bandwidth that reading a long KV cache reaches."),
          required("cache_gain", &T::cache_gain, {.min = 1, .max = 20},
                   "c: bandwidth of the level-2 cache over that of the memory."),
          required("memory_ramp", &T::memory_ramp, kNotNegative, "t_m: per square root of a byte moved."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest such kernel."),
          required("block_time", &T::block_time, kNotNegative, "t_b: time of a thread block however short."),
          required("head_time", &T::head_time, kNotNegative,
                   "t_d: time of a thread block per 128 of head size."),
          required("key_time", &T::key_time, kNotNegative,
                   "t_k: time of a thread block per key of 128 16-bit elements."),
          required("norm", &T::norm, {.min = 1, .max = 100},
                   "p: how sharply the sides of the roofline meet; 1 adds them."),
          required("join_time", &T::join_time, kNotNegative, "t_j: joining the parts of a split cache."),
          required("regroup_time", &T::regroup_time, kNotNegative,
                   "t_g: bringing together the queries of heads that share keys, where sequences and key "
                   "heads are both several."),
          required("sequence_time", &T::sequence_time, kNotNegative, "t_s: scheduling, per sequence."),
          optional("tile_rows", &T::tile_rows, {.min = 1, .max = 256, .whole = true},
                   "M: query heads that one thread block takes."),
          optional("split_keys", &T::split_keys, {.min = 1, .max = 65536, .whole = true},
                   "N: keys of the smallest part of a split cache."),
          optional("most_splits", &T::most_splits, {.min = 1, .max = 65536, .whole = true},
                   "Parts of one split cache at most."),
          optional("key_exponent", &T::key_exponent, {.min = 0, .max = 5},
                   "q: how the time per key grows with the head size."),
          optional("prepares_heads", &T::prepares_heads,
                   "Whether sequence_time is for each key-value head of a sequence."),
          optional("splits_lone_heads", &T::splits_lone_heads,
                   "Whether caches of heads that share no keys are split."),
          optional("head_sizes", &T::head_sizes, {.min = 1, .max = 65536, .whole = true},
                   "Head sizes that the kernel takes, where another block stands for the others; none: all."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

}  // namespace aifsim::catalog
