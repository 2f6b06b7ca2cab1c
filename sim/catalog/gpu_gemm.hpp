// Constants of matrix products in a GPU model; sim/kernels/gemm.hpp has the equation.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

struct GemmConstants {
  Figure<double> compute_efficiency;  // e_c, of the dense peak, of the largest tile, 0..1
  Figure<double> memory_efficiency;   // e_m, of the memory bandwidth, 0..1
  Figure<Seconds> fixed_time;         // t0
  Figure<double> norm;                // p, >= 1: how sharply the sides meet
  Figure<double> tile_overhead;       // a, >= 0: elements of a tile's edge that cost as much as one inside
  Figure<double> depth_ramp;      // k0, >= 0: length of k that filling and draining a tile's pipeline costs
  Figure<Seconds> depth_latency;  // t_k, >= 0: per element of k
  Figure<Seconds> split_time;     // t_s, >= 0: per part when k is split
  Figure<Seconds> floor_time;     // t_f, >= 0: latency of a tile however short
  Figure<Seconds> memory_ramp;    // t_m, >= 0: per square root of a byte moved
  Figure<double> wave_share;      // w, 0..1: how much of the last wave's idle time is lost
  Figure<double> least_rows;      // r, >= 0: rows that a tile has at least, where the product has as many
  // 8-bit and 4-bit formats: the pass before the product that quantises the rows of A.
  Figure<Seconds> row_time;            // t_r, >= 0: per row of A
  Figure<double> quantise_efficiency;  // e_q: share of the bandwidth that the pass reaches; 0: no such pass
  FitInfo fit;
};

}  // namespace aifsim
