#include "catalog/words.hpp"
#include "kernels/attention.hpp"
#include "kernels/decode.hpp"
#include "kernels/family.hpp"

namespace aifsim {
namespace {

constexpr auto kSeconds = ModelUnit::seconds;

// Access to figures of one block of a map of blocks.
template <class Block>
struct In {
  std::map<AttentionFormat, Block> GpuDescription::*blocks;
  AttentionFormat format;

  auto operator()(Figure<double> Block::*figure) const {
    return [in = *this, figure](GpuDescription& gpu) { return &((gpu.*in.blocks)[in.format].*figure).value; };
  }
  auto operator()(Figure<Seconds> Block::*figure) const {
    return [in = *this, figure](GpuDescription& gpu) {
      return &((gpu.*in.blocks)[in.format].*figure).value.value;
    };
  }
  auto operator()(double Block::*number) const {
    return [in = *this, number](GpuDescription& gpu) { return &((gpu.*in.blocks)[in.format].*number); };
  }
  auto operator()(bool Block::*flag) const {
    return [in = *this, flag](GpuDescription& gpu) { return &((gpu.*in.blocks)[in.format].*flag); };
  }
  auto operator()(std::vector<double> Block::*list) const {
    return [in = *this, list](GpuDescription& gpu) { return &((gpu.*in.blocks)[in.format].*list); };
  }
  auto info() const {
    return [in = *this](GpuDescription& gpu) -> FitInfo& { return (gpu.*in.blocks)[in.format].fit; };
  }
};

Constant held(std::string key, std::function<double*(GpuDescription&)> at, double lower, double upper) {
  Constant constant{std::move(key), std::move(at), lower, upper, lower};
  constant.held = true;
  return constant;
}

// A GPU model without a block for 8-bit caches gets one from rows with such caches.
template <class Block>
AttentionFormat with_own_block(const std::map<AttentionFormat, Block>& blocks, bool narrow,
                               AttentionFormat format) {
  return narrow && !blocks.contains(AttentionFormat::fp8) ? AttentionFormat::fp8 : format;
}

double roofline_of_flash(const GpuDescription& gpu, const KernelOp& op) {
  const Attention& a = std::get<Attention>(op);
  return roofline_seconds(gpu, a.dtype, flash_flops(a).value, flash_bytes(a).value);
}

Family prefill(AttentionFormat format, const std::string& title) {
  using C = AttentionConstants;
  const In<C> in{&GpuDescription::attention, format};
  Family family;
  family.block = "attention." + std::string(catalog::word_of(format));
  family.title = title;
  family.takes = [format](const GpuDescription& gpu, const KernelOp& op) {
    const auto* a = std::get_if<Attention>(&op);
    if (!a || a->pass != Pass::forward || a->kernel != AttentionKernel::flash) return false;
    const bool narrow = a->cached && bytes_of(a->cache_dtype) < 2;
    return with_own_block(gpu.attention, narrow, attention_format(gpu, *a)) == format;
  };
  family.constants = {
      {"forward_efficiency", in(&C::forward_efficiency), 0.005, 1, 0.7},
      {"tail", in(&C::tail), 1e-3, 10, 0.4},
      {"tile_time", in(&C::tile_time), 1e-9, 3e-5, 2e-6, kSeconds},
      {"memory_efficiency", in(&C::memory_efficiency), 0.02, 1, 0.8},
      {"cache_gain", in(&C::cache_gain), 1, 6, 1.5},
      {"memory_ramp", in(&C::memory_ramp), 1e-12, 3e-8, 3e-10, kSeconds},
      {"norm", in(&C::norm), 1, 10, 2},
      {"fixed_time", in(&C::fixed_time), 1e-7, 1e-4, 1e-5, kSeconds},
      {"store_efficiency", in(&C::store_efficiency), 0.01, 100, 0.5},
      {"token_time", in(&C::token_time), 1e-13, 1e-7, 5e-10, kSeconds},
      {"sequence_time", in(&C::sequence_time), 1e-12, 1e-7, 3e-9, kSeconds},
      held("softmax_flops", in(&C::softmax_flops), 0, 4096),
      held("tile_rows", in(&C::tile_rows), 1, 1024),
  };
  family.facts = {{"packs_heads", in(&C::packs_heads)},
                  {"fp8_products", in(&C::fp8_products)},
                  {"head_sizes", {}, false, in(&C::head_sizes)}};
  family.constants[7].of_release = [](ReleaseFactor& release) { return &release.fixed_time.value; };
  family.control = roofline_of_flash;
  family.info = in.info();
  return family;
}

// Figures of the 16-bit block that training needs and no rows of the tables tell.
Family published(std::string title, std::string fit_key, FitInfo AttentionConstants::*fit,
                 std::vector<Constant> figures) {
  Family family;
  family.block = "attention.bf16";
  family.title = std::move(title);
  family.takes = [](const GpuDescription&, const KernelOp&) { return false; };
  family.constants = std::move(figures);
  family.fit_key = std::move(fit_key);
  family.info = [fit](GpuDescription& gpu) -> FitInfo& { return gpu.attention[AttentionFormat::bf16].*fit; };
  return family;
}

Family attention_backward() {
  using C = AttentionBackward;
  const auto number = [](Figure<double> C::*figure) {
    return [=](GpuDescription& gpu) { return &(gpu.attention_backward.*figure).value; };
  };
  const auto seconds = [](Figure<Seconds> C::*figure) {
    return [=](GpuDescription& gpu) { return &(gpu.attention_backward.*figure).value.value; };
  };
  Family family;
  family.block = "attention_backward";
  family.title = "attention, backward";
  family.takes = [](const GpuDescription&, const KernelOp& op) {
    const auto* a = std::get_if<Attention>(&op);
    return a && a->pass == Pass::backward && a->kernel == AttentionKernel::flash;
  };
  family.constants = {
      {"efficiency", number(&C::efficiency), 0.005, 1, 0.6},
      {"tail", number(&C::tail), 1e-3, 10, 0.4},
      {"tile_time", seconds(&C::tile_time), 1e-9, 3e-5, 2e-6, kSeconds},
      {"memory_efficiency", number(&C::memory_efficiency), 0.02, 1, 0.8},
      {"cache_gain", number(&C::cache_gain), 1, 6, 1.5},
      {"memory_ramp", seconds(&C::memory_ramp), 1e-12, 3e-8, 3e-10, kSeconds},
      {"norm", number(&C::norm), 1, 10, 2},
      {"fixed_time", seconds(&C::fixed_time), 1e-7, 1e-4, 1e-5, kSeconds},
  };
  family.constants.back().of_release = [](ReleaseFactor& release) { return &release.fixed_time.value; };
  family.control = roofline_of_flash;
  family.info = [](GpuDescription& gpu) -> FitInfo& { return gpu.attention_backward.fit; };
  return family;
}

Family decode(AttentionFormat format, const std::string& title) {
  using C = DecodeConstants;
  const In<C> in{&GpuDescription::decode, format};
  Family family;
  family.block = "decode." + std::string(catalog::word_of(format));
  family.title = title;
  family.takes = [format](const GpuDescription& gpu, const KernelOp& op) {
    const auto* a = std::get_if<AttentionDecode>(&op);
    return a && with_own_block(gpu.decode, bytes_of(a->cache_dtype) < 2, decode_format(gpu, *a)) == format;
  };
  family.constants = {
      {"memory_efficiency", in(&C::memory_efficiency), 0.05, 1, 0.85},
      {"cache_gain", in(&C::cache_gain), 1, 10, 1.5},
      {"memory_ramp", in(&C::memory_ramp), 1e-12, 3e-8, 3e-10, kSeconds},
      {"fixed_time", in(&C::fixed_time), 1e-7, 1e-4, 8e-6, kSeconds},
      {"block_time", in(&C::block_time), 1e-9, 3e-5, 1e-6, kSeconds},
      {"head_time", in(&C::head_time), 1e-9, 3e-5, 1e-6, kSeconds},
      {"key_time", in(&C::key_time), 1e-11, 2e-7, 5e-9, kSeconds},
      {"norm", in(&C::norm), 1, 10, 2},
      {"join_time", in(&C::join_time), 1e-8, 3e-5, 2e-6, kSeconds},
      {"regroup_time", in(&C::regroup_time), 1e-8, 3e-5, 3e-7, kSeconds},
      {"sequence_time", in(&C::sequence_time), 1e-12, 1e-5, 5e-9, kSeconds},
      held("tile_rows", in(&C::tile_rows), 1, 256),
      held("split_keys", in(&C::split_keys), 1, 65536),
      held("most_splits", in(&C::most_splits), 1, 65536),
      held("key_exponent", in(&C::key_exponent), 0, 5),
  };
  family.facts = {{"prepares_heads", in(&C::prepares_heads)},
                  {"splits_lone_heads", in(&C::splits_lone_heads), true},
                  {"head_sizes", {}, false, in(&C::head_sizes)}};
  family.constants[3].of_release = [](ReleaseFactor& release) { return &release.fixed_time.value; };
  family.constants[9].of_release = [](ReleaseFactor& release) { return &release.regroup_time.value; };
  family.control = [](const GpuDescription& gpu, const KernelOp& op) {
    const AttentionDecode& a = std::get<AttentionDecode>(op);
    return roofline_seconds(gpu, a.dtype, decode_flops(a).value, decode_bytes(a).value);
  };
  family.info = in.info();
  return family;
}

}  // namespace

std::vector<Family> attention_families() {
  using F = AttentionFormat;
  return {prefill(F::bf16, "attention, 16-bit cache"),
          prefill(F::fp8, "attention, 8-bit cache"),
          prefill(F::bf16_other, "attention, 16-bit cache, other head sizes"),
          prefill(F::fp8_other, "attention, 8-bit cache, other head sizes"),
          attention_backward(),
          decode(F::bf16, "decode, 16-bit cache"),
          decode(F::fp8, "decode, 8-bit cache"),
          decode(F::bf16_other, "decode, 16-bit cache, other head sizes"),
          decode(F::fp8_other, "decode, 8-bit cache, other head sizes")};
}

const std::vector<Family>& published_figures() {
  using C = AttentionConstants;
  static const std::vector<Family> all = [] {
    const In<C> in{&GpuDescription::attention, AttentionFormat::bf16};
    return std::vector<Family>{
        published("attention, backward pass", "backward_fit", &C::backward_fit,
                  {held("backward_efficiency", in(&C::backward_efficiency), 0, 1)}),
        published("attention, FlashAttention-2", "flash2_fit", &C::flash2_fit,
                  {held("flash2_forward_share", in(&C::flash2_forward_share), 0, 1),
                   held("flash2_backward_share", in(&C::flash2_backward_share), 0, 1)})};
  }();
  return all;
}

}  // namespace aifsim
