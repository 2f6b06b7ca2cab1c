#include "kernels/roofline.hpp"

#include <algorithm>

#include "kernels/device.hpp"

namespace aifsim {

Price price_roofline(const GpuDescription& gpu, const Roofline& op) {
  const double compute = op.flops.value > 0 ? op.flops.value / peak_of(gpu, Dtype::bf16) : 0;
  const double memory = op.bytes.value / gpu.memory_bandwidth->value;
  return {Seconds{std::max(compute, memory)}, op.flops, op.bytes};
}

}  // namespace aifsim
