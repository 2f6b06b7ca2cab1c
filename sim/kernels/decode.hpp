// Time of attention of one new token per sequence over its KV cache.
//
//   t = t0 + (c^p + v^p)^(1/p) + (S > 1) t_j + (h > h_kv > 1, b > 1) t_g + (b <= 992) t_s b (h_kv)
//   c = max(U S / P, 1) (t_b + t_d d/128 + t_k (u/2) (d/128)^q n)      time of one multiprocessor
//   v = V / (e_m B g) + t_m sqrt(V)                                     memory
//   U = b h_kv ceil(h / h_kv / M)                                       thread blocks of an unsplit cache
//   S = 1 where U >= 0.8 P or s <= N, else min(P / U, s / N, R), whole parts each
//   n = s / S in whole N; s where S = 1
//   V = 2 u b h_kv d s + 4 b h d + (S > 1) 8 S b h d                    cache; query and output; parts
//   g = c where V fits the level-2 cache, 1 where it does not, even between 0.9 and 1.1 of its size
//
//   b, h, h_kv, s, d   sequences, heads, heads of K and V, cached tokens, head size
//   u  B     bytes per element of the cache      P  multiprocessors      B  B/s  memory bandwidth
//   e_m 1, t_m s/sqrt(B)   share of B, and its ramp       c  1  bandwidth of the level-2 cache over B
//   t0 s  launch      t_b, t_d, t_k s  a thread block: at all, per 128 of head size, per key
//   t_j s  joining the parts of a split cache
//   t_g s  bringing together the queries of heads that share keys
//   t_s s  scheduling, per sequence: FlashAttention-3 prepares up to 992 sequences one by one; a kernel for other
//          head sizes on Hopper each key-value head of them (`prepares_heads`), for 2 us
//   M, N, R, q  of the kernel: rows of queries of a thread block, least part of a split, most parts, exponent
//
// Assumption: the split is what FlashAttention's heuristic gives (num_splits_heuristic: as many parts as
// multiprocessors are free, one where 80 % of them are busy), without its search for whole waves. Kernels
// timed again and again find a small cache in the level-2 cache. Some kernels never split the caches of heads
// that share no keys (`splits_lone_heads`). Head sizes that the usual kernels do not take run in others, with
// constants of their own (`bf16_other`, `fp8_other`).
// Latent attention (one vector per token in place of keys and values) has no rows of its own: it takes the
// constants of the usual kernels, no more than 66 % of F (FlashMLA on H800, 2025), and a band twice as wide.
// Range: b 1..2048, s 2..131072, h/h_kv 1..64, d 64..512, bf16 and fp8 caches, bf16 queries.
// Source: Dao et al., Flash-Decoding (2023), FlashAttention sources (split heuristic, limit of 992);
// constants by `aifsim calibrate gpu`.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

// The block whose kernel runs an operation on this GPU.
AttentionFormat decode_format(const GpuDescription& gpu, const AttentionDecode& op);

// Parts into which the cache is split.
double decode_splits(const AttentionDecode& op, const DecodeConstants& c, double multiprocessors);

Flops decode_flops(const AttentionDecode& op);
Bytes decode_bytes(const AttentionDecode& op);  // of an unsplit cache

Price price_decode(const GpuDescription& gpu, const AttentionDecode& op, std::string_view software = {});

}  // namespace aifsim
