#include <algorithm>

#include "catalog/words.hpp"
#include "kernels/experts.hpp"
#include "kernels/family.hpp"

namespace aifsim {
namespace {

Family streaming(StreamKind kind) {
  using C = StreamingConstants;
  const auto number = [kind](Figure<double> C::*figure) {
    return [=](GpuDescription& gpu) { return &(gpu.streaming[kind].*figure).value; };
  };
  Family family;
  family.block = "streaming." + std::string(catalog::word_of(kind));
  family.title = "layer operations, " + std::string(catalog::word_of(kind));
  family.takes = [kind](const GpuDescription&, const KernelOp& op) {
    const auto* stream = std::get_if<Streaming>(&op);
    return stream && stream->kind == kind;
  };
  family.constants = {
      {"efficiency", number(&C::efficiency), 0.02, 1, 0.5},
      {"cache_saving", number(&C::cache_saving), 1e-3, 0.95, 0.3},
      {"cache_reach", number(&C::cache_reach), 0.1, 5, 1},
      {"fixed_time", [kind](GpuDescription& gpu) { return &gpu.streaming[kind].fixed_time.value.value; },
       1e-7, 1e-4, 3e-6, ModelUnit::seconds},
      {"norm", number(&C::norm), 1, 20, 2},
  };
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    return roofline_seconds(gpu, Dtype::bf16, 0, std::get<Streaming>(op).bytes.value);
  };
  family.info = [kind](GpuDescription& gpu) -> FitInfo& { return gpu.streaming[kind].fit; };
  return family;
}

Family experts(ExpertFormat format, const std::string& title) {
  using C = ExpertConstants;
  const auto number = [format](Figure<double> C::*figure) {
    return [=](GpuDescription& gpu) { return &(gpu.experts[format].*figure).value; };
  };
  const auto seconds = [format](Figure<Seconds> C::*figure) {
    return [=](GpuDescription& gpu) { return &(gpu.experts[format].*figure).value.value; };
  };
  constexpr auto s = ModelUnit::seconds;
  Family family;
  family.block = "experts." + std::string(catalog::word_of(format));
  family.title = "expert layer, " + title;
  family.takes = [format](const GpuDescription&, const KernelOp& op) {
    const auto* layer = std::get_if<ExpertLayer>(&op);
    return layer && layer->format == format;
  };
  family.constants = {
      {"compute_efficiency", number(&C::compute_efficiency), 0.02, 1, 0.5},
      {"tile_time", seconds(&C::tile_time), 1e-9, 1e-4, 1e-6, s},
      {"memory_efficiency", number(&C::memory_efficiency), 0.05, 1, 0.7},
      {"cache_gain", number(&C::cache_gain), 1, 6, 1.5},
      {"memory_ramp", seconds(&C::memory_ramp), 1e-12, 3e-8, 3e-10, s},
      {"norm", number(&C::norm), 1, 10, 2},
      {"fixed_time", seconds(&C::fixed_time), 1e-6, 2e-4, 2e-5, s},
      {"expert_time", seconds(&C::expert_time), 1e-12, 1e-6, 1e-9, s},
      {"local_efficiency", number(&C::local_efficiency), 0.02, 100, 0.5},
      {"token_efficiency", number(&C::token_efficiency), 0.005, 100, 0.5},
      {"odd_time", number(&C::odd_time), 1, 5, 1.3},
      {"averaging", number(&C::averaging), 0.1, 3, 0.5},
  };
  Constant rows{"tile_rows", [format](GpuDescription& gpu) { return &gpu.experts[format].tile_rows; }, 16,
                256, 64};
  rows.held = true;
  family.constants.push_back(std::move(rows));
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    const ExpertLayer& layer = std::get<ExpertLayer>(op);
    return roofline_seconds(gpu, dtype_of(layer.format), expert_flops(layer).value,
                            expert_bytes(layer).value);
  };
  family.info = [format](GpuDescription& gpu) -> FitInfo& { return gpu.experts[format].fit; };
  return family;
}

}  // namespace

std::vector<Family> layer_families() {
  std::vector<Family> all;
  for (std::size_t kind = 0; kind < catalog::words<StreamKind>().size(); ++kind)
    all.push_back(streaming(static_cast<StreamKind>(kind)));
  all.push_back(experts(ExpertFormat::bf16, "16 bit"));
  all.push_back(experts(ExpertFormat::fp8, "FP8"));
  all.push_back(experts(ExpertFormat::fp8_block, "FP8 with scales per block"));
  all.push_back(experts(ExpertFormat::fp4, "FP4"));
  return all;
}

}  // namespace aifsim
