// Time of scaled dot-product attention over whole sequences, fused (flash) or not (plain).
//
// Flash:
//   t = t0 + (S + a N R s_kv) (g d' + x) / (e F) + V / (e_m B)
//   S = b h s_q s_kv, or b h s_q (s_kv - s_q / 2) under a causal mask: scores that are computed
//   V = u b d (w h s_q + w h_kv s_kv),  w = 2 forward (Q, O; K, V), 4 backward (with their gradients)
//
//   b, h, h_kv, s_q, s_kv, d   batch, heads, heads of K and V, lengths of queries and keys, head size
//   d'  head size of the kernel that runs: 32, 64, 96, 128, 192 or 256, the next above d
//   g   matrix FLOPs per score and element of d: 4 forward (two products), 10 backward (five, as the
//       scores are computed again: 2.5 times forward)
//   x   matrix FLOPs that fit into the time of one exponential; the tensor units wait while the special
//       function units (16 results per clock and multiprocessor) work through the softmax
//   F   FLOP/s dense peak   B  B/s memory bandwidth   N  multiprocessors   u  B  bytes per element
//   R   128 rows of queries, a tile; a is how many rows of tiles each multiprocessor waits for at the end
//       (the longest row of a causal mask starts when others are done)
//   e   share of F that remains: e_f forward, e_b backward;  e_m share of B;  t0 s  fixed time
//
// Plain: batched GEMMs on all the scores, masked or not (two forward, four backward), and elementwise
// passes over the scores: 4 forward (mask: read, write; softmax: read, write), 5 backward (softmax: two
// reads, a write; mask: read, write).
//
// Range: s_q 1..16384 = s_kv, d 64..256, bf16. Below 64 queries per sequence with many sequences, a decode
// kernel would run instead: errors grow to a factor of 2.
// Sources: forward constants by `aifsim calibrate gpu`. e_b from published figures: Dao 2023
// (FlashAttention-2, arXiv:2307.08691) for A100, Shah et al. 2024 (FlashAttention-3, arXiv:2407.08608, figure
// 6) for H100. x from throughput tables (CUDA C++ Programming Guide): 256 on H100 (4096 dense 16-bit FLOPs
// over 16 exponentials per clock and multiprocessor), 128 on A100. d': head sizes that FlashAttention
// compiles. Passes of plain attention: Korthikanti et al. 2022 (arXiv:2205.05198), figure 3, without dropout.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

struct FlashCoefficients {
  double efficiency, memory_efficiency, fixed_time, softmax_flops, tail;  // efficiency: of the pass priced
};

// The equation of the fused kernels alone; peak in FLOP/s, bandwidth in B/s, result in seconds.
double flash_seconds(const Attention& attention, double peak, double bandwidth, double multiprocessors,
                     const FlashCoefficients& c);

// Of the pass's mathematics (a causal mask leaves half), and moved to and from memory.
Flops flash_flops(const Attention& attention);
Bytes flash_bytes(const Attention& attention);

Price price_attention(const GpuDescription& gpu, const Attention& attention);

}  // namespace aifsim
