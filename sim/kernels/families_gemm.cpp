#include "kernels/family.hpp"

namespace aifsim {
namespace {

Family gemm_family(Dtype block, const std::string& title, bool quantised = false) {
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
  family.dtype = block;
  family.takes = [block](const GpuDescription&, const KernelOp& op) {
    const auto* gemm = std::get_if<Gemm>(&op);
    return gemm && gemm->dtype == block;
  };
  family.constants = {
      {"compute_efficiency", member(&C::compute_efficiency), 0.2, 1, 0.8},
      {"memory_efficiency", member(&C::memory_efficiency), 0.1, 1, 0.8},
      {"fixed_time", seconds(&C::fixed_time), 2e-7, 1e-4, 2.5e-6, ModelUnit::seconds},
      {"norm", member(&C::norm), 1, 20, 2},
      {"tile_overhead", member(&C::tile_overhead), 0.01, 300, 5},
      {"depth_ramp", member(&C::depth_ramp), 1, 3000, 90},
      {"depth_latency", seconds(&C::depth_latency), 1e-12, 1e-7, 1e-9, ModelUnit::seconds},
      {"split_time", seconds(&C::split_time), 1e-9, 1e-5, 3e-7, ModelUnit::seconds},
      {"floor_time", seconds(&C::floor_time), 1e-9, 1e-5, 5e-7, ModelUnit::seconds},
      {"memory_ramp", seconds(&C::memory_ramp), 1e-12, 3e-8, 3e-10, ModelUnit::seconds},
      {"wave_share", member(&C::wave_share), 1e-3, 1, 0.3},
  };
  if (quantised) {
    family.constants.push_back({"least_rows", member(&C::least_rows), 256, 256, 256});
    Constant rows{"row_time", seconds(&C::row_time), 1e-11, 1e-7, 3e-9, ModelUnit::seconds};
    rows.of_release = [](ReleaseFactor& release) { return &release.row_time.value; };
    family.constants.push_back(std::move(rows));
    family.constants[2].of_release = [](ReleaseFactor& release) { return &release.fixed_time.value; };
    family.constants.push_back({"quantise_efficiency", member(&C::quantise_efficiency), 0.02, 1, 0.4});
  }
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    const Gemm& g = std::get<Gemm>(op);
    const double m = double(g.m), n = double(g.n), k = double(g.k), batch = double(g.batch);
    return roofline_seconds(gpu, g.dtype, 2 * batch * m * n * k,
                            bytes_of(g.dtype) * batch * (m * n + m * k + n * k));
  };
  family.info = [block](GpuDescription& gpu) -> FitInfo& { return gpu.gemm[block].fit; };
  return family;
}

Family power_family() {
  using C = PowerConstants;
  const auto member = [](Figure<double> C::*figure) {
    return [figure](GpuDescription& gpu) { return &(gpu.power.*figure).value; };
  };
  Family family;
  family.block = "power";
  family.title = "power and sustained time";
  family.takes = [](const GpuDescription&, const KernelOp&) {
    return false;
  };  // chosen by the power that rows log
  family.constants = {
      {"idle", member(&C::idle), 0.03, 0.5, 0.2},
      {"compute", member(&C::compute), 0.1, 10, 1.5},
      {"compute_exponent", member(&C::compute_exponent), 0.5, 4, 1.5},
      {"memory", member(&C::memory), 0.01, 3, 0.5},
      {"busy", member(&C::busy), 1e-3, 1, 0.2},
      {"clock_exponent", member(&C::clock_exponent), 1, 8, 4},
  };
  family.info = [](GpuDescription& gpu) -> FitInfo& { return gpu.power.fit; };
  family.releases = false;
  family.target = Target::power;
  return family;
}

}  // namespace

std::vector<Family> gemm_families() {
  return {gemm_family(Dtype::bf16, "GEMM, BF16"),
          gemm_family(Dtype::fp16, "GEMM, FP16"),
          gemm_family(Dtype::fp8, "GEMM, FP8", true),
          gemm_family(Dtype::fp4, "GEMM, FP4", true),
          gemm_family(Dtype::int8, "GEMM, INT8"),
          gemm_family(Dtype::tf32, "GEMM, TF32"),
          gemm_family(Dtype::fp32, "GEMM, FP32"),
          gemm_family(Dtype::fp64, "GEMM, FP64"),
          power_family()};
}

}  // namespace aifsim
