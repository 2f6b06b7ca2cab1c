#include "kernels/family.hpp"

namespace aifsim {
namespace {

Family streaming() {
  using C = StreamingConstants;
  const auto number = [](Figure<double> C::*figure) {
    return [figure](GpuDescription& gpu) { return &(gpu.streaming.*figure).value; };
  };
  Family family;
  family.block = "streaming";
  family.title = "layer operations";
  family.takes = [](const KernelOp& op) { return std::holds_alternative<Streaming>(op); };
  family.constants = {
      {"memory_efficiency", number(&C::memory_efficiency), 0.02, 1, 0.5},
      {"norm_efficiency", number(&C::norm_efficiency), 0.02, 1, 0.5},
      {"activation_efficiency", number(&C::activation_efficiency), 0.02, 1, 0.5},
      {"embedding_efficiency", number(&C::embedding_efficiency), 0.02, 1, 0.5},
      {"cache_saving", number(&C::cache_saving), 1e-3, 0.95, 0.7},
      {"fixed_time", [](GpuDescription& gpu) { return &gpu.streaming.fixed_time.value.value; }, 1e-7, 1e-4,
       3e-6, ConstantUnit::seconds},
  };
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    return roofline_seconds(gpu, Dtype::bf16, 0, std::get<Streaming>(op).bytes.value);
  };
  family.info = [](GpuDescription& gpu) -> FitInfo& { return gpu.streaming.fit; };
  return family;
}

}  // namespace

std::vector<Family> layer_families() { return {streaming()}; }

}  // namespace aifsim
