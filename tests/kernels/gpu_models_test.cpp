// The GPU models that the project ships.
#include <catch2/catch.hpp>

#include "catalog/catalog.hpp"
#include "kernels/family.hpp"
#include "kernels/price.hpp"
#include "shipped.hpp"

using namespace aifsim;

namespace {

double tflops(const Price& p) { return p.flops.value / p.time.value / 1e12; }

Attention long_attention(Pass pass, std::int64_t head_dim) {
  Attention a;
  a.batch = 1;
  a.heads = a.kv_heads = 2048 / head_dim;
  a.head_dim = head_dim;
  a.seq_q = a.seq_kv = 16384;
  a.causal = false;
  a.pass = pass;
  return a;
}

}  // namespace

TEST_CASE("carried-over constants lie between those of the GPUs that they come from") {
  // Times may be scaled by a measured small kernel, and efficiencies of the matrix units by a large product.
  std::size_t checked = 0;
  for (const std::string& name : shipped().names(CatalogKind::gpu)) {
    GpuDescription gpu = shipped().gpu(name);
    for (const Family& family : families()) {
      if (!gpu.gemm.contains(family.dtype.value_or(Dtype::bf16))) continue;
      const FitInfo info = family.info(gpu);
      if (info.from.empty()) continue;
      INFO(name << ", " << family.block);
      CHECK(info.points == 0);
      for (const Constant& c : family.constants) {
        if (c.unit == ModelUnit::seconds || c.key == "compute_efficiency" || c.key == "forward_efficiency")
          continue;
        INFO(c.key);
        double least = 1e300, most = 0;
        for (const std::string& donor_name : info.from) {
          GpuDescription donor = shipped().gpu(donor_name);
          least = std::min(least, *c.at(donor));
          most = std::max(most, *c.at(donor));
          CHECK(info.spread.value >= family.info(donor).spread.value);
        }
        CHECK(*c.at(gpu) >= least * 0.999);
        CHECK(*c.at(gpu) <= most * 1.001);
        ++checked;
      }
    }
  }
  CHECK(checked > 50);
}

TEST_CASE("every GPU model prices a matrix product") {
  for (const std::string& name : shipped().names(CatalogKind::gpu)) {
    INFO(name);
    const GpuDescription gpu = shipped().gpu(name);
    const Dtype dtype = gpu.peak.contains(Dtype::bf16) ? Dtype::bf16 : Dtype::fp16;
    const Price p = price(gpu, Gemm{8192, 8192, 8192, 1, dtype});
    const double share = p.flops.value / p.time.value / gpu.peak.at(dtype).value.value;
    CHECK(share > 0.3);
    CHECK(share < 1);
    CHECK(p.spread > 0.03);
    CHECK(p.spread < 0.5);
  }
}

TEST_CASE("custom parts say that their constants are derived") {
  const auto confidence = [](const char* name) {
    return shipped().gpu(name).gemm.at(Dtype::bf16).compute_efficiency.confidence;
  };
  CHECK(confidence("a100_sxm_64gb_custom") == Confidence::derived);
  CHECK(confidence("a100_sxm_80gb") == Confidence::fitted);
}

TEST_CASE("best-shape matrix products of the GPU models are near published ones") {
  // stas00/ml-engineering, accelerator benchmarks (MAMF finder): the best shape found, which a model of
  // typical shapes may stay below.
  const Gemm gemm{8192, 8192, 8192};
  CHECK(tflops(price(shipped().gpu("a100_sxm_80gb"), gemm)) == Approx(271).epsilon(0.08));
  CHECK(tflops(price(shipped().gpu("h100_sxm_80gb"), gemm)) == Approx(795).epsilon(0.08));
}

TEST_CASE("flash attention of the GPU models is near published figures") {
  // Head sizes 64 and 128, 16384 tokens. FlashAttention-2 (arXiv:2307.08691): up to 63 % of 312 TFLOP/s
  // backward on A100; FlashAttention-3 (arXiv:2407.08608, figures 5 and 6): 648 forward and 561 backward at
  // head size 128, 474 backward at 64.
  const GpuDescription a100 = shipped().gpu("a100_sxm_80gb"), h100 = shipped().gpu("h100_sxm_80gb");
  CHECK(tflops(price(a100, long_attention(Pass::backward, 128))) == Approx(0.63 * 312).epsilon(0.08));
  CHECK(tflops(price(h100, long_attention(Pass::forward, 128))) == Approx(648).epsilon(0.08));
  CHECK(tflops(price(h100, long_attention(Pass::backward, 128))) == Approx(561).epsilon(0.08));
  CHECK(tflops(price(h100, long_attention(Pass::backward, 64))) == Approx(474).epsilon(0.08));
}
