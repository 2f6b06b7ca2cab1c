// Power and clocks.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

// Fills in the energy of a price; where `sustained`, lengthens its time first, as the clock settles under the
// power limit.
void add_power(const GpuDescription& gpu, const KernelOp& op, bool sustained, Price& price);

}  // namespace aifsim
