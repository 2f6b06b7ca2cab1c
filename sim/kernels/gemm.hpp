// Time of a matrix multiplication C[m,n] += A[m,k] B[k,n], `batch` times in one launch.
//
//   t = q + t0 + min over s of (c^p + v^p + l^p)^(1/p)
//   c = W 2 M N (1 + a (M + N) / (M N)) / (1 + a 3/256) (k/s + k0) / (e_c F / P)   arithmetic of one
//       multiprocessor
//   W = max(x, 1) + w (ceil max(x, 1) - max(x, 1)),  x = s batch ceil(m/M) ceil(n/N) / P    waves of tiles
//   v = V / (e_m B) + t_m sqrt(V),  V = u batch (m n + m k / g + n k) + (s > 1) u s batch m n   memory traffic
//   l = t_f + t_k k/s + (s > 1) t_s                                                         latency along k
//   q = sqrt((t_r m)^2 + (3 batch m k / (e_q B))^2)   quantising A (read 2 bytes, write 1); where e_q > 0 and A does
//                                                     not stand in the format already (`quantised`)
//
//   M, N  tile of the output, of those that libraries ship, M of min(m, r) at least; the one with the least c
//   s     parts into which k is split: 1, 2, 4 .. 32 and the most there can be, of 128 at least each
//   P     multiprocessors            F  FLOP/s  dense peak of the dtype     B  B/s  memory bandwidth
//   g  1  uses of an element of A that come from caches (windows of a convolution)
//   u  B  bytes per element          e_c, e_m  1  shares of F and B that large products reach
//   r  1  rows that a tile must have a  1  cost of a tile's edge against its inside: small tiles reuse less
//   k0 1  fill and drain of a tile   w  1  share of the last wave's idle time that is lost
//   p  1  1 = one after the other, infinity = overlapped
//   t0 s  launch                     t_f s  a tile however short          t_k s  per element of k
//   t_s s joining the parts          t_m s/sqrt(B)  ramp of the bandwidth
//   t_r s per row quantised          e_q 1  share of B when quantising
//
// Assumption: a library picks the tile and the split that suit a shape best. Full clock: clocks under a power
// limit are power.hpp's matter. FP8 and FP4 are measured with the pass that quantises the activations: t_r is
// a property of the software, which may launch a block per row. r is 256 there: those kernels cover the rows
// with few tall tiles. t0 holds the launches of both, so a product whose operands were quantised before is taken to
// be a launch longer than it is (2 us). Range: m 1..32768, n and k 32..65536. Source:
// form from the roofline (Williams, Waterman, Patterson 2009) with a p-norm corner, and from the tiles and
// split-K of CUTLASS (NVIDIA, "Efficient GEMM in CUDA"); constants by `aifsim calibrate gpu`.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

// The block that prices a dtype: its own, for FP4 that of FP8, or that of a 16-bit format.
struct GemmBlock {
  Dtype dtype;
  const GemmConstants& constants;
};
GemmBlock block_of(const GpuDescription& gpu, Dtype dtype);

Price price_gemm(const GpuDescription& gpu, const Gemm& gemm, std::string_view software = {});

}  // namespace aifsim
