#include "kernels/calibrate.hpp"

#include <fmt/format.h>

#include "base/statistics.hpp"

namespace aifsim {

Calibration calibrate_gpu(const GpuDescription& gpu, const KernelSamples& samples) {
  Calibration c;
  c.gpu = gpu.name;
  c.gemm = fit_gemm(gpu, samples.gemm);
  c.attention = fit_attention(gpu, samples.attention);
  c.streaming = fit_streaming(gpu, samples.streaming);
  if (!samples.layer_gemm.empty()) c.layer_gemm = errors_of(gpu, c.gemm.coefficients, samples.layer_gemm);
  std::vector<double> residuals = c.gemm.residuals;
  residuals.insert(residuals.end(), c.attention.residuals.begin(), c.attention.residuals.end());
  residuals.insert(residuals.end(), c.streaming.residuals.begin(), c.streaming.residuals.end());
  c.residual_sd = standard_deviation(residuals);
  c.left_out = samples.left_out;
  return c;
}

Transfer transfer(const Calibration& c, const GpuDescription& other, const KernelSamples& samples) {
  FlashCoefficients attention = c.attention.coefficients;
  attention.softmax_flops = other.attention.softmax_flops;  // a datasheet figure
  return {other.name, errors_of(other, c.gemm.coefficients, samples.gemm),
          errors_of(other, attention, samples.attention),
          errors_of(other, c.streaming.coefficients, samples.streaming)};
}

}  // namespace aifsim
