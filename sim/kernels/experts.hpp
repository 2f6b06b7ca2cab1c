// Time of a fused layer of experts on one device: route, sort, two or three products, weighted sum.
//
//   t = t0 + t_e E + A / (e_l B) + A_t / (e_t B) + o (k^p + v^p)^(1/p)
//   k = 2 R W / (e_c F) + max(R/M (cols) / P, 1) t_b          arithmetic; cols = (w - 1) n'/128 + h/128
//   v = a u W g / (e_m B) + t_m sqrt(a u W)                   weights of the experts that have tokens
//   W = w n' h, n' = n / tp                                   weights of one expert on this device
//   w = 3 where gated (gate, up, down), else 2
//   A = 2 r (2 h + w n'),  A_t = 2 m k (2 h + w n')           bytes of activations: of the device's own experts,
//                                                             and of all tokens
//   r, a, R: tokens, experts with tokens, and rows in whole tiles, summed over the device's E_l = E / ep experts:
//     an expert has t_j = min(m, L m k / E q_j) tokens, j = 1..8 octiles; the device has one at least
//     a += E_l/8 s_j,  R += E_l/8 s_j ceil(t_j / s_j / M) M
//     s_j = min(1, t_j) where tokens are even, else 1 - exp(-t_j)
//     q_j  tokens of an expert over the mean, at the middle of octile j of the power law x^-skew between 1 and
//          0.8 m, or 0.01 and 2 where there are fewer tokens than experts; 1 where tokens are even or E_l = 1
//     L    load of the busiest device over the mean: 1 + (mean of the upper 1/ep of the power law - 1) E_l^-g
//     M    rows of a tile: the power of two above the mean of an expert with tokens, 16 to `tile_rows`
//
//   m, k, E  tokens, experts per token, experts     n, h  intermediate and hidden width
//   tp, ep   ranks that split the width, the experts     P  multiprocessors
//   u  B  bytes per weight     B  B/s  memory bandwidth     F  FLOP/s of the format
//   e_c, e_m, e_l, e_t  1  shares of F and B; e_l above 1 where products hide part of it
//   o  1  longer where 16 does not divide n', which is the depth of the last product; else 1
//   t0, t_e, t_b s, t_m s/sqrt(B)     g  1 and 1/c in the level-2 cache, as in attention.hpp
//   p  1 = one after the other
//
// Assumption: the device is the busiest of the ep, as the public tables measure it; its tiles spread evenly
// over the multiprocessors, so that an expert with many tokens delays no other. Some software passes over the
// tokens of all devices (e_t near 1), some does not (e_t large). Range: m 1..65536, E 8..512, tp 1..32,
// ep 1..256; bf16, FP8 per tensor and per block, FP4. Known to be wrong: shapes for which a library has no
// tuned kernel take up to 3 times as long (n 14336 with many tokens on A100); two models' layers (n 704, h 2816;
// n 3072, h 6144, top 4) take a third longer to twice as long on Blackwell, as if another backend ran them: other
// widths that 128 does not divide do not; "balanced" rows of DeepSeek's
// 256 experts, which were measured with grouped routing that fills few experts. Source: constants by `aifsim
// calibrate gpu`; the power law as the tables of aiconfigurator draw it.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

// What the tokens are for one device: the busiest.
struct ExpertLoad {
  double tokens = 0;  // pairs of a token and an expert
  double active = 0;  // experts with tokens
  double rows = 0;    // in whole tiles
  double tile_rows = 0;
};
ExpertLoad expert_load(const ExpertLayer& op, double averaging, double tile_rows);

double bytes_per_weight(ExpertFormat format);
Dtype dtype_of(ExpertFormat format);  // of the arithmetic

Flops expert_flops(const ExpertLayer& op);  // of an even share of the tokens
Bytes expert_bytes(const ExpertLayer& op);  // weights of an even load's experts, and activations

Price price_experts(const GpuDescription& gpu, const ExpertLayer& op);

}  // namespace aifsim
