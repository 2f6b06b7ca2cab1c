// Power of a device while it runs one kernel again and again, and what the power limit does to its clock.
//
//   D = a_c u_c^g + a_m u_m + a_s sqrt(u_s)       power above idle at full clock, over the limit L
//   s(c) = min(1, r^(1/n)), r = (c - i) / D       clock that settles, over the full clock; below s_v the voltage
//          s_v r / s_v^n    where r < s_v^n       falls no further and power goes with the clock alone
//   P = L (i + min(D, c - i)),   t_sustained = t / s(c),   t_burst = t s(1) / s(c),   energy = P t
//
//   u_c  1  FLOP/s of the kernel over the dense peak of its dtype
//   u_m  1  bytes/s over the memory bandwidth
//   u_s  1  share of the multiprocessors that tiles of 128 x 128 of a product keep busy; 1 for others
//   a_c, a_m, a_s  1  power of busy matrix units, of a busy memory and of multiprocessors that merely run, over L
//   i    1  idle power over L     g, n 1  exponents     L  W  power limit
//   a_c, g and a_s of attention are `attention` of the GPU's block where that stands: its kernels draw more than products
//   that use the matrix units as little
//   c    1  power cap over L: 1 where nobody set one     s_v  1  0.6: clocks of about 1.2 of 2 GHz, from memory
//
// Assumption: a kernel that is slowed by its clock is slowed as a whole; below the limit a kernel runs at
// full clock. A burst (the first tenths of a second) runs at full clock and draws D, up to the limit. A cap adds to
// a burst what it would add to a sustained kernel: steps are made of bursts, and a platform's `clock` says what the
// limit itself costs them. No cap was measured: it stands on the exponent n, fitted at the limit. Range:
// GEMMs of 16-bit formats, H200, B200 and GB200, attention of the latter two, whose law B200's is for the others; n
// stands for voltage following the clock (P ~ f V^2).
// Source: fitted by `aifsim calibrate gpu` on the rows of aiconfigurator's GEMM tables that log the power.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

// Fills in the energy of a price; where `sustained`, lengthens its time first. Without constants: neither.
void add_power(const GpuDescription& gpu, const KernelOp& op, bool sustained, Price& price);

// Full clock over the one that settles where a demand above idle has so much room.
double slowing_of(double demand, double room, double clock_exponent);

}  // namespace aifsim
