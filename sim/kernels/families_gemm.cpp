#include <algorithm>

#include "kernels/family.hpp"

namespace aifsim {
namespace {

Family gemm_family(std::vector<Dtype> dtypes, const std::string& title) {
  const Dtype block = dtypes.front();
  const auto member = [block](Figure<double> GemmConstants::*figure) {
    return [block, figure](GpuDescription& gpu) { return &(gpu.gemm[block].*figure).value; };
  };
  const auto seconds = [block](Figure<Seconds> GemmConstants::*figure) {
    return [block, figure](GpuDescription& gpu) { return &(gpu.gemm[block].*figure).value.value; };
  };
  using C = GemmConstants;
  Family family;
  family.block = std::string("gemm.") + name_of(block);
  family.title = title;
  family.takes = [dtypes](const KernelOp& op) {
    const auto* gemm = std::get_if<Gemm>(&op);
    return gemm && std::find(dtypes.begin(), dtypes.end(), gemm->dtype) != dtypes.end();
  };
  family.constants = {
      {"compute_efficiency", member(&C::compute_efficiency), 0.2, 1, 0.8},
      {"memory_efficiency", member(&C::memory_efficiency), 0.1, 1, 0.8},
      {"fixed_time", seconds(&C::fixed_time), 2e-7, 1e-4, 3e-6, ConstantUnit::seconds},
      {"norm", member(&C::norm), 1, 20, 2},
      {"depth_ramp", member(&C::depth_ramp), 1, 3000, 90},
      {"depth_latency", seconds(&C::depth_latency), 1e-10, 1e-6, 5e-8, ConstantUnit::seconds},
  };
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    const Gemm& g = std::get<Gemm>(op);
    const double m = double(g.m), n = double(g.n), k = double(g.k), batch = double(g.batch);
    return roofline_seconds(gpu, g.dtype, 2 * batch * m * n * k,
                            bytes_of(g.dtype) * batch * (m * n + m * k + n * k));
  };
  family.info = [block](GpuDescription& gpu) -> FitInfo& { return gpu.gemm[block].fit; };
  return family;
}

}  // namespace

std::vector<Family> gemm_families() {
  return {gemm_family({Dtype::bf16, Dtype::fp16}, "GEMM, 16 bit"), gemm_family({Dtype::fp8}, "GEMM, FP8"),
          gemm_family({Dtype::fp4}, "GEMM, FP4"), gemm_family({Dtype::fp32}, "GEMM, FP32"),
          gemm_family({Dtype::fp64}, "GEMM, FP64")};
}

}  // namespace aifsim
