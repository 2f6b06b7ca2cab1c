// The GPU models that the project ships.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "catalog/catalog.hpp"
#include "kernels/calibrate.hpp"
#include "kernels/price.hpp"

using namespace aifsim;

namespace {

const Catalog& catalog() {
  static const Catalog shipped{AIFSIM_ROOT};
  return shipped;
}

void check_same_constants(const GpuDescription& a, const GpuDescription& b) {
  CHECK(a.gemm.compute_efficiency.value == b.gemm.compute_efficiency.value);
  CHECK(a.gemm.memory_efficiency.value == b.gemm.memory_efficiency.value);
  CHECK(a.gemm.fixed_time.value == b.gemm.fixed_time.value);
  CHECK(a.gemm.norm.value == b.gemm.norm.value);
  CHECK(a.gemm.depth_ramp.value == b.gemm.depth_ramp.value);
  CHECK(a.gemm.depth_latency.value == b.gemm.depth_latency.value);
  CHECK(a.attention.forward_efficiency.value == b.attention.forward_efficiency.value);
  CHECK(a.attention.backward_efficiency.value == b.attention.backward_efficiency.value);
  CHECK(a.attention.memory_efficiency.value == b.attention.memory_efficiency.value);
  CHECK(a.attention.fixed_time.value == b.attention.fixed_time.value);
  CHECK(a.attention.softmax_flops.value == b.attention.softmax_flops.value);
  CHECK(a.attention.tail.value == b.attention.tail.value);
  CHECK(a.streaming.memory_efficiency.value == b.streaming.memory_efficiency.value);
  CHECK(a.streaming.norm_efficiency.value == b.streaming.norm_efficiency.value);
  CHECK(a.streaming.activation_efficiency.value == b.streaming.activation_efficiency.value);
  CHECK(a.streaming.embedding_efficiency.value == b.streaming.embedding_efficiency.value);
  CHECK(a.streaming.cache_saving.value == b.streaming.cache_saving.value);
  CHECK(a.streaming.fixed_time.value == b.streaming.fixed_time.value);
}

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

TEST_CASE("custom parts carry the constants of their architecture's standard part") {
  check_same_constants(catalog().gpu("a100_sxm_64gb_custom"), catalog().gpu("a100_sxm_80gb"));
  check_same_constants(catalog().gpu("h100_sxm_64gb_custom"), catalog().gpu("h100_sxm_80gb"));
}

TEST_CASE("custom parts say that their constants are derived") {
  CHECK(catalog().gpu("a100_sxm_64gb_custom").gemm.compute_efficiency.confidence == Confidence::derived);
  CHECK(catalog().gpu("a100_sxm_80gb").gemm.compute_efficiency.confidence == Confidence::fitted);
}

TEST_CASE("best-shape matrix products of the GPU models are near published ones") {
  // stas00/ml-engineering, accelerator benchmarks (MAMF finder): the best shape found, which a model of
  // typical shapes may stay below.
  const Gemm gemm{8192, 8192, 8192};
  CHECK(tflops(price(catalog().gpu("a100_sxm_80gb"), gemm)) == Approx(271).epsilon(0.08));
  CHECK(tflops(price(catalog().gpu("h100_sxm_80gb"), gemm)) == Approx(795).epsilon(0.08));
}

TEST_CASE("flash attention of the GPU models is near published figures") {
  // Head sizes 64 and 128, 16384 tokens. FlashAttention-2 (arXiv:2307.08691): up to 63 % of 312 TFLOP/s
  // backward on A100; FlashAttention-3 (arXiv:2407.08608, figures 5 and 6): 648 forward and 561 backward at
  // head size 128, 474 backward at 64.
  const GpuDescription a100 = catalog().gpu("a100_sxm_80gb"), h100 = catalog().gpu("h100_sxm_80gb");
  CHECK(tflops(price(a100, long_attention(Pass::backward, 128))) == Approx(0.63 * 312).epsilon(0.08));
  CHECK(tflops(price(h100, long_attention(Pass::forward, 128))) == Approx(648).epsilon(0.08));
  CHECK(tflops(price(h100, long_attention(Pass::backward, 128))) == Approx(561).epsilon(0.08));
  CHECK(tflops(price(h100, long_attention(Pass::backward, 64))) == Approx(474).epsilon(0.08));
}

TEST_CASE("a fit to the reference kernels gives the shipped constants", "[slow]") {
  const char* reference = std::getenv("AIFSIM_REFERENCE");
  if (!reference || !std::filesystem::exists(std::filesystem::path(reference) / "kernels_gemm.csv")) {
    WARN("skipped: AIFSIM_REFERENCE names no folder with kernels_gemm.csv");
    return;
  }
  const std::filesystem::path folder = reference;
  const KernelTables tables{folder / "kernels_gemm.csv", folder / "kernels_attention_prefill.csv",
                            folder / "kernels_layer_ops.csv"};
  for (const char* name : {"a100_sxm_80gb", "h100_sxm_80gb"}) {
    INFO(name);
    const GpuDescription gpu = catalog().gpu(name);
    const Calibration c = calibrate_gpu(gpu, read_kernel_samples(tables, name));
    CHECK(c.gemm.coefficients.compute_efficiency == Approx(gpu.gemm.compute_efficiency.value).epsilon(0.01));
    CHECK(c.gemm.coefficients.memory_efficiency == Approx(gpu.gemm.memory_efficiency.value).epsilon(0.01));
    CHECK(c.attention.coefficients.efficiency ==
          Approx(gpu.attention.forward_efficiency.value).epsilon(0.01));
    CHECK(c.streaming.coefficients.norm_efficiency ==
          Approx(gpu.streaming.norm_efficiency.value).epsilon(0.01));
    CHECK(c.residual_sd == Approx(gpu.residual_sd.value).epsilon(0.05));
    const auto beats_control = [](const auto& fit) {
      CHECK(fit.forms.back().all.median < 0.3 * fit.forms.front().all.median);
      CHECK(fit.forms.back().all.p90 < 0.6 * fit.forms.front().all.p90);
      CHECK(fit.forms.back().training.median < 0.1);
    };
    beats_control(c.gemm);
    beats_control(c.attention);
    beats_control(c.streaming);
  }
}
