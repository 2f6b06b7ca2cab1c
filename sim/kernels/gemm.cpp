#include "kernels/gemm.hpp"

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

Price price_gemm(const GpuDescription& gpu, const Gemm& g) {
  const GemmCoefficients c{needed(gpu, gpu.gemm.compute_efficiency, "gemm.compute_efficiency"),
                           needed(gpu, gpu.gemm.memory_efficiency, "gemm.memory_efficiency"),
                           gpu.gemm.fixed_time->value,
                           needed(gpu, gpu.gemm.norm, "gemm.norm"),
                           gpu.gemm.depth_ramp,
                           gpu.gemm.depth_latency->value};
  const double time = gemm_seconds(g, peak_of(gpu, g.dtype), gpu.memory_bandwidth->value, c);
  return {Seconds{time}, Flops{2.0 * double(g.batch) * double(g.m) * double(g.n) * double(g.k)},
          Bytes{traffic(g)}};
}

}  // namespace aifsim
