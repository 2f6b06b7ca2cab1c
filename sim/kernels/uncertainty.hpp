// One GPU among those that the measurements allow: constants drawn from the covariance of their fit, and a
// kernel's own miss from the spread.
//
//   log c' = log c + L z          constants of a block that was fitted; L L^T their covariance
//   t' = t exp(s z)               s the spread of the price. Each shape has its own z; the shapes of a block that
//                                 was carried over from other GPUs share one, as such a block is wrong as a
//                                 whole
//
// Assumption: log-normal; blocks, and shapes of a fitted block, err independently of each other. Source: the
// fit (fit.hpp), whose spread comes from rows kept out; tests/kernels/uncertainty_test.cpp checks the
// coverage.
#pragma once
#include <cstdint>

#include "kernels/price.hpp"

namespace aifsim {

// Standard normal that follows from its argument.
double standard_normal(std::uint64_t key);

// `draw` above 0 numbers the draws; the same number gives the same GPU on any machine. 0: the GPU itself.
GpuDescription drawn(const GpuDescription& gpu, std::uint64_t draw);

// Factor of the time of one operation in that draw; 1 for draw 0 and operations without a fitted block.
double drawn_miss(const KernelOp& op, const Price& price, std::uint64_t draw);

}  // namespace aifsim
