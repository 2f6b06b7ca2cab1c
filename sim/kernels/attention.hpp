// Time of scaled dot-product attention over whole sequences, fused (flash) or not (plain).
//
// Flash:
//   t = t0 + (k^p + v^p)^(1/p) + t_s b + (stores) [V_k / (e_k B g) + t_q b s_q]
//   k = (S + a P M s_kv) (f w d' + x) / (e F) + max(T / P, 1) t_b                 arithmetic
//   S = T M n,  n = s_kv without a mask, min(s_kv, s_kv - s_q/2 + r/2) under a causal one
//   T = b h ceil(s_q / M),  r = min(M, s_q)                                       tiles, and queries of a tile
//   T = b h_kv ceil(s_q h / h_kv / M),  r = min(M h_kv / h, s_q)                  where heads that share keys
//                                                                                 fill tiles together
//   v = V / (e_m B g) + t_m sqrt(V),  V = z b d (u h s_q + u_k h_kv s_kv)         memory
//   V_k = 2 b d h_kv s_kv (u + u_k)                                               read once, written into the cache
//   g = c where the bytes fit the level-2 cache, 1 where they do not, even between 0.9 and 1.1 of its size
//
//   b, h, h_kv, s_q, s_kv, d   batch, heads, heads of K and V, lengths of queries and keys, head size
//   d'  head size of the kernel that runs: 64, 96, 128, 192 or 256, the next above d; the mean of that of the
//       scores and that of the values where they differ (latent attention)
//   w   matrix FLOPs per score and element of d: 4 forward (two products), 10 backward (five, as the
//       scores are computed again: 2.5 times forward)
//   z   tensors moved: 2 forward (Q, O; K, V), 4 backward (with their gradients)
//   f   1; the 16-bit peak over that of FP8 where the products run in FP8 (`fp8_products`: 8-bit caches on Blackwell)
//   x   16-bit matrix FLOPs that fit into the time of one exponential; the tensor units wait while the special
//       function units (16 results per clock and multiprocessor) work through the softmax
//   F   FLOP/s dense peak    B  B/s memory bandwidth    P  multiprocessors
//   u, u_k  B  bytes per element, and of keys and values
//   M   rows of queries of a tile
//   a   tiles of full length that each multiprocessor waits for at the end (the longest row of a causal mask
//       starts when others are done)
//   e   share of F that remains: e_f forward, e_b backward
//   e_m, e_k  shares of B (e_k above 1 where part of the stores is hidden)    t0, t_b, t_s, t_q s
//   p   1 = one after the other, infinity = overlapped
//   A GPU whose backward kernels were measured has e_b, a, t_b, e_m, c, t_m, p, t0 of their own (block
//   attention_backward). The stores are those of inference: the layer is measured with the pass that puts new
//   keys and values into the cache (and, for an 8-bit cache, converts them). Training has none.
//
// Plain: batched GEMMs on all the scores, masked or not (two forward, four backward), and elementwise
// passes over the scores: 4 forward (mask: read, write; softmax: read, write), 5 backward (softmax: two
// reads, a write; mask: read, write).
//
// Range: s_q 16..16384 = s_kv, d 64..512, bf16, caches of bf16 and fp8. One query per sequence is
// decode.hpp's. Latent attention (d 192 and 128) and queries of other than 16 bits have no rows of their own: their
// band is twice as wide. Where e_b or the shares of FlashAttention-2 were carried over, the spread of that
// (`backward_fit`, `flash2_fit`) is added to the block's, squared. Sources:
// constants by `aifsim calibrate gpu`; where no backward pass was measured, e_b from published figures: Dao
// 2023 (FlashAttention-2, arXiv:2307.08691) for A100, Shah et al. 2024 (FlashAttention-3, arXiv:2407.08608,
// figure 6) for H100. x from throughput tables (CUDA C++ Programming Guide): dense 16-bit FLOPs per clock and
// multiprocessor over 16 exponentials (32 on Blackwell Ultra): 64 on Ada, 128 on A100, 256 on H100, 512 on
// B200 (384 and, with 8-bit caches, 256 are met: part of its exponentials runs as polynomials), 256 on B300.
// f from what rows reach with an 8-bit cache: up to 0.80 (B200) to 0.97 (GB300) of the 16-bit peak at d 128 and 1.12
// at d 256 (GB300), where 16-bit products and the softmax leave 0.67 and 0.8.
// d': head sizes that FlashAttention compiles. M and the packing from the sources of FlashAttention-2 and 3.
// Passes of plain attention: Korthikanti et al. 2022 (arXiv:2205.05198), figure 3, without dropout.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

// The block whose kernel runs on this GPU.
AttentionFormat attention_format(const GpuDescription& gpu, const Attention& attention);

// Of the pass's mathematics (a causal mask leaves half), and moved to and from memory.
Flops flash_flops(const Attention& attention);
Bytes flash_bytes(const Attention& attention);

Price price_attention(const GpuDescription& gpu, const Attention& attention, std::string_view software = {});

}  // namespace aifsim
