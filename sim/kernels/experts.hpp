// A fused layer of experts.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

Price price_experts(const GpuDescription& gpu, const ExpertLayer& op);

}  // namespace aifsim
