#include "kernels/gemm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/device.hpp"

namespace aifsim {
namespace {

double traffic(const Gemm& g) {
  const double m = double(g.m), n = double(g.n), k = double(g.k);
  return bytes_of(g.dtype) * double(g.batch) * (m * n + m * k + n * k);
}

}  // namespace

double gemm_seconds(const Gemm& g, double peak, double bandwidth, const GemmCoefficients& c) {
  const double k = double(g.k);
  const double outputs = double(g.batch) * double(g.m) * double(g.n);
  const double arithmetic = 2 * outputs * (k + c.depth_ramp) / (c.compute_efficiency * peak);
  const double memory = traffic(g) / (c.memory_efficiency * bandwidth);
  const double latency = c.depth_latency * std::sqrt(k);
  // Scaled by the largest side, so that no power underflows.
  const double longest = std::max({arithmetic, memory, latency});
  if (longest <= 0) return c.fixed_time;
  const double sum = std::pow(arithmetic / longest, c.norm) + std::pow(memory / longest, c.norm) +
                     std::pow(latency / longest, c.norm);
  return c.fixed_time + longest * std::pow(sum, 1 / c.norm);
}

const GemmConstants& constants_of(const GpuDescription& gpu, Dtype dtype) {
  const Dtype block = dtype == Dtype::fp16 ? Dtype::bf16 : dtype;
  for (const Dtype tried : {block, Dtype::bf16}) {
    const auto found = gpu.gemm.find(tried);
    if (found != gpu.gemm.end()) return found->second;
  }
  throw CannotAnswer(fmt::format("the GPU model {} has no constants gemm.{}", gpu.name, name_of(block)));
}

Price price_gemm(const GpuDescription& gpu, const Gemm& g) {
  const GemmConstants& block = constants_of(gpu, g.dtype);
  const GemmCoefficients c{needed(gpu, block.compute_efficiency, "gemm.compute_efficiency"),
                           needed(gpu, block.memory_efficiency, "gemm.memory_efficiency"),
                           block.fixed_time->value,
                           needed(gpu, block.norm, "gemm.norm"),
                           block.depth_ramp,
                           block.depth_latency->value};
  const double time = gemm_seconds(g, peak_of(gpu, g.dtype), gpu.memory_bandwidth->value, c);
  Price p{Seconds{time}, Flops{2.0 * double(g.batch) * double(g.m) * double(g.n) * double(g.k)},
          Bytes{traffic(g)}};
  p.fit = &block.fit;
  return p;
}

}  // namespace aifsim
