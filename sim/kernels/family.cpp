#include "kernels/family.hpp"

#include <algorithm>

#include "kernels/device.hpp"

namespace aifsim {

const std::vector<Family>& families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> joined = gemm_families();
    for (auto part : {attention_families, layer_families}) {
      for (Family& family : part()) joined.push_back(std::move(family));
    }
    return joined;
  }();
  return all;
}

const Family* family_of(const GpuDescription& gpu, const KernelOp& op) {
  const auto& all = families();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Family& f) { return f.takes(gpu, op); });
  return found == all.end() ? nullptr : &*found;
}

double roofline_seconds(const GpuDescription& gpu, Dtype dtype, double flops, double bytes) {
  const double arithmetic = flops > 0 ? flops / peak_of(gpu, dtype) : 0;
  return std::max(arithmetic, bytes / gpu.memory_bandwidth->value);
}

}  // namespace aifsim
