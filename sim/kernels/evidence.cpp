#include "kernels/evidence.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "catalog/words.hpp"
#include "kernels/family.hpp"
#include "kernels/price.hpp"
#include "kernels/streaming.hpp"

namespace aifsim {
namespace {

Evidence of_fit(const FitInfo& fit) {
  if (fit.spread.value <= 0) return Evidence::data_sheet;
  return fit.points > 0 && fit.from.empty() ? Evidence::measured : Evidence::carried_over;
}

template <class Key, class Block>
Evidence of_block(const std::map<Key, Block>& blocks, Key key) {
  const auto found = blocks.find(key);
  return found == blocks.end() ? Evidence::data_sheet : of_fit(found->second.fit);
}

// The format that training and serving mostly run in: of 16 bits, or fp32 where there is none (a CPU core).
Dtype usual(const GpuDescription& gpu) {
  if (gpu.peak.contains(Dtype::bf16)) return Dtype::bf16;
  return gpu.peak.contains(Dtype::fp16) ? Dtype::fp16 : Dtype::fp32;
}

// Formats without a block take that of another one.
Evidence of_products(const GpuDescription& gpu, Dtype dtype) {
  const Evidence own = of_block(gpu.gemm, dtype);
  return own == Evidence::data_sheet && !gpu.gemm.empty() ? Evidence::carried_over : own;
}

Evidence of_figures(const Family& figures, GpuDescription gpu) {
  for (const Constant& c : figures.constants)
    if (*c.at(gpu) <= 0) return Evidence::data_sheet;
  const bool block_is_own = gpu.attention[AttentionFormat::bf16].fit.from.empty();
  return figures.info(gpu).from.empty() && block_is_own ? Evidence::published : Evidence::carried_over;
}

Attention attention(Pass pass, AttentionKernel kernel, Dtype dtype, bool cached) {
  Attention a{1, 32, 8, 128, 2048, 2048};
  a.kernel = kernel;
  a.pass = pass;
  a.dtype = a.cache_dtype = dtype;
  a.cached = cached;
  return a;
}

bool answers(const GpuDescription& gpu, const std::vector<KernelOp>& ops) {
  try {
    for (const KernelOp& op : ops) price(gpu, op);
    return true;
  } catch (const CannotAnswer&) {
    return false;
  }
}

}  // namespace

const char* name_of(Evidence evidence) {
  static constexpr const char* words[] = {"measured", "published", "carried over", "data sheet"};
  return words[static_cast<int>(evidence)];
}

std::vector<OperationEvidence> evidence_of(const GpuDescription& gpu) {
  std::vector<OperationEvidence> all;
  for (const auto& [dtype, peak] : gpu.peak)
    all.push_back({std::string("products in ") + name_of(dtype), of_products(gpu, dtype)});
  all.push_back({"attention", of_block(gpu.attention, AttentionFormat::bf16)});
  const Family& backward = published_figures().front();
  all.push_back({"its backward pass", gpu.attention_backward.efficiency > 0
                                          ? of_fit(gpu.attention_backward.fit)
                                          : of_figures(backward, gpu)});
  all.push_back({"FlashAttention-2", of_figures(published_figures().back(), gpu)});
  all.push_back({"decoding", of_block(gpu.decode, AttentionFormat::bf16)});
  if (gpu.peak.contains(Dtype::fp8)) {
    all.push_back({"attention on an 8-bit cache", of_block(gpu.attention, AttentionFormat::fp8)});
    all.push_back({"decoding on an 8-bit cache", of_block(gpu.decode, AttentionFormat::fp8)});
  }
  for (std::size_t i = 0; i < catalog::words<ExpertFormat>().size(); ++i) {
    const auto format = static_cast<ExpertFormat>(i);
    const bool has = format == ExpertFormat::bf16  ? true
                     : format == ExpertFormat::fp4 ? gpu.peak.contains(Dtype::fp4)
                                                   : gpu.peak.contains(Dtype::fp8);
    if (has)
      all.push_back({"experts in " + std::string(catalog::word_of(format)), of_block(gpu.experts, format)});
  }
  Evidence layers = Evidence::measured;
  for (const StreamKind kind :
       {StreamKind::norm, StreamKind::activation, StreamKind::rotary, StreamKind::add, StreamKind::embedding})
    layers = std::max(layers, of_block(gpu.streaming, kind));
  all.push_back({"layer operations", layers});
  all.push_back({"power", of_fit(gpu.power.fit)});
  return all;
}

Evidence kernel_evidence(const GpuDescription& gpu) {
  return std::max(of_products(gpu, usual(gpu)), of_block(gpu.attention, AttentionFormat::bf16));
}

bool can_train(const GpuDescription& gpu) {
  const Dtype dtype = usual(gpu);
  std::vector<KernelOp> ops{Gemm{4096, 4096, 4096, 1, dtype}};
  for (const AttentionKernel kernel :
       {AttentionKernel::flash, AttentionKernel::flash2, AttentionKernel::plain})
    for (const Pass pass : {Pass::forward, Pass::backward})
      ops.push_back(attention(pass, kernel, dtype, false));
  for (std::size_t i = 0; i < catalog::words<StreamKind>().size(); ++i)
    ops.push_back(Streaming{static_cast<StreamKind>(i), Bytes{1e8}});
  return gpu.host.eager_launch->value > 0 && answers(gpu, ops);
}

bool can_serve(const GpuDescription& gpu) {
  const Dtype dtype = usual(gpu);
  ExpertLayer experts;
  experts.tokens = experts.hidden = experts.intermediate = 2048;
  experts.topk = 2;
  experts.experts = 8;
  std::vector<KernelOp> ops{Gemm{64, 4096, 4096, 1, dtype},
                            attention(Pass::forward, AttentionKernel::flash, dtype, true),
                            AttentionDecode{8, 32, 8, 128, 2048, dtype, dtype}, experts};
  for (const StreamKind kind :
       {StreamKind::norm, StreamKind::activation, StreamKind::rotary, StreamKind::add, StreamKind::embedding})
    ops.push_back(Streaming{kind, Bytes{1e7}});
  return answers(gpu, ops);
}

}  // namespace aifsim
