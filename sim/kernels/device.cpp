#include "kernels/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace aifsim {

double peak_of(const GpuDescription& gpu, Dtype dtype) {
  const auto found = gpu.peak.find(dtype);
  if (found != gpu.peak.end() && found->second.value.value > 0) return found->second.value.value;
  // The same units run both 16-bit formats.
  if (const auto half = gpu.peak.find(Dtype::fp16); dtype == Dtype::bf16 && half != gpu.peak.end())
    return half->second.value.value;
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

const ReleaseFactor* find_release(const FitInfo& fit, std::string_view software) {
  for (const ReleaseFactor& release : fit.releases) {
    if (release.software == software) return &release;
  }
  return nullptr;
}

bool takes_head(const std::vector<double>& head_sizes, std::int64_t head_dim) {
  return head_sizes.empty() ||
         std::find(head_sizes.begin(), head_sizes.end(), double(head_dim)) != head_sizes.end();
}

double p_norm(double a, double b, double p) {
  const double longest = std::max(a, b);
  if (longest <= 0) return 0;
  return longest * std::pow(1 + std::pow(std::min(a, b) / longest, p), 1 / p);
}

double cache_slowness(double bytes, double cache, double gain) {
  constexpr double kEdge = 0.1;
  const double held = std::clamp(((1 + kEdge) * cache - bytes) / (2 * kEdge * cache), 0.0, 1.0);
  return 1 - held + held / gain;
}

}  // namespace aifsim
