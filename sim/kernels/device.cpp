#include "kernels/device.hpp"

#include <fmt/format.h>

#include <string>

namespace aifsim {

double peak_of(const GpuDescription& gpu, Dtype dtype) {
  const auto found = gpu.peak.find(dtype);
  if (found != gpu.peak.end() && found->second.value.value > 0) return found->second.value.value;
  std::string known;
  for (const auto& [other, figure] : gpu.peak)
    known += (known.empty() ? "" : ", ") + std::string(name_of(other));
  throw CannotAnswer(fmt::format("the GPU model {} has no peak for {}; it has {}", gpu.name, name_of(dtype),
                                 known.empty() ? "none at all" : known));
}

double needed(const GpuDescription& gpu, const Figure<double>& constant, const char* key) {
  if (constant.value > 0) return constant.value;
  throw CannotAnswer(fmt::format("the GPU model {} has no usable {}: it is {}, and must be above 0", gpu.name,
                                 key, constant.value));
}

}  // namespace aifsim
