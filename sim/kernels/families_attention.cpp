#include "kernels/attention.hpp"
#include "kernels/family.hpp"

namespace aifsim {
namespace {

template <class Block, class F>
auto number(Block GpuDescription::*block, F Block::*figure) {
  return [block, figure](GpuDescription& gpu) -> double* {
    if constexpr (std::is_same_v<F, Figure<Seconds>>) {
      return &(gpu.*block.*figure).value.value;
    } else {
      return &(gpu.*block.*figure).value;
    }
  };
}

Family prefill() {
  using C = AttentionConstants;
  constexpr auto block = &GpuDescription::attention;
  Family family;
  family.block = "attention";
  family.title = "attention, prefill";
  family.takes = [](const KernelOp& op) {
    const auto* a = std::get_if<Attention>(&op);
    return a && a->pass == Pass::forward && a->kernel == AttentionKernel::flash;
  };
  family.constants = {
      {"forward_efficiency", number(block, &C::forward_efficiency), 0.1, 1, 0.7},
      {"memory_efficiency", number(block, &C::memory_efficiency), 0.05, 1, 0.4},
      {"fixed_time", number(block, &C::fixed_time), 1e-7, 1e-4, 1e-5, ConstantUnit::seconds},
      {"tail", number(block, &C::tail), 1e-3, 10, 0.4},
  };
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    const Attention& a = std::get<Attention>(op);
    return roofline_seconds(gpu, a.dtype, flash_flops(a).value, flash_bytes(a).value);
  };
  family.info = [](GpuDescription& gpu) -> FitInfo& { return gpu.attention.fit; };
  return family;
}

Family decode() {
  using C = DecodeConstants;
  constexpr auto block = &GpuDescription::decode;
  Family family;
  family.block = "decode";
  family.title = "attention, decode";
  family.takes = [](const KernelOp& op) { return std::holds_alternative<AttentionDecode>(op); };
  family.constants = {
      {"memory_efficiency", number(block, &C::memory_efficiency), 0.05, 1, 0.7},
      {"fixed_time", number(block, &C::fixed_time), 1e-7, 1e-4, 1e-5, ConstantUnit::seconds},
  };
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    const AttentionDecode& a = std::get<AttentionDecode>(op);
    const double keys = double(a.batch) * double(a.head_dim) * double(a.seq_kv);
    return roofline_seconds(gpu, a.dtype, 4 * keys * double(a.heads),
                            2 * bytes_of(a.cache_dtype) * keys * double(a.kv_heads));
  };
  family.info = [](GpuDescription& gpu) -> FitInfo& { return gpu.decode.fit; };
  return family;
}

}  // namespace

std::vector<Family> attention_families() { return {prefill(), decode()}; }

}  // namespace aifsim
