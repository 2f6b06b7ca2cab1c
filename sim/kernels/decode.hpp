// Attention of one new token per sequence over its KV cache.
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

Price price_decode(const GpuDescription& gpu, const AttentionDecode& op);

}  // namespace aifsim
