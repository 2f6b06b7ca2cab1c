#include "kernels/power.hpp"

namespace aifsim {

void add_power(const GpuDescription& gpu, const KernelOp&, bool, Price& price) {
  price.energy = gpu.power.idle.value * price.time;
}

}  // namespace aifsim
