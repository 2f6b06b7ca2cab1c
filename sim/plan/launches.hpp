// The host's launches as a stream of their own: a kernel runs no sooner than the host has launched it.
//
//   the host launches kernel i of a step at i * t_l + h_i; it runs ahead of the device and waits for it only
//   between steps. A piece (kernels of one label) starts no sooner than its first kernel has been launched.
//
//   t_l [s] per kernel: 0 none.    h_i [s] what dispatching up to kernel i takes besides (a framework's modules)
// Assumption: one thread launches everything; collectives cost it nothing; kernels that the program does not
// know (casts, views, copies of a framework) are not counted; the last piece may end while its later kernels
// are still to be launched. Range: matters where kernels are shorter than t_l on average. Source: CUDA's
// asynchronous launches (CUDA C++ Programming Guide).
#pragma once
#include "plan/plan.hpp"

namespace aifsim {

// Adds the stream "host" to a role whose device would run ahead of the host somewhere; leaves the others as
// they are, since there the host is never waited for. Returns the number of events the plan then has.
std::size_t add_launches(PlanRole& role, Seconds per_kernel, std::size_t events);

}  // namespace aifsim
