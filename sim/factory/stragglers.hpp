// How much longer the slowest of a step's ranks computes than a rank at its usual pace: what all others wait for.
//
//   f = E[max over N ranks of t_r / t],   t_r / t  normal, mean 1, deviation j;  of n named ranks (1 + d) times that
//     = integral of  1 - F(x)^(N - n) F(x / (1 + d))^n  from 0,   F the distribution function of such a t_r / t
//
//   without n  f = 1 + j E[max of N standard normals],  1.42 j of 8, 2.51 j of 100, 3.24 j of 1000     without j  f = 1 + d
//
//   N  ranks that wait for each other in each step: all, or those of one group that trains alone
//   t [s]  kernels of a step    j  jitter    d  how much slower
// Assumption: a rank's kernels are all as slow as its step, one draw for each rank and step, independent of other ranks
// and steps; ranks wait for the slowest of the whole job, stages of a pipeline too. Range: j well below 1, as a normal
// has no bound. Source: order statistics (David and Nagaraja 2003); stragglers of synchronous training in Lin et al. 2025
// (arXiv:2505.05713).
#pragma once
#include <cstdint>

#include "catalog/workload.hpp"

namespace aifsim {

double slowest_of(std::int64_t ranks, const StragglersDescription& stragglers);

}  // namespace aifsim
