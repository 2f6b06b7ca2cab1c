// Price of one operation: cold, and from the cache. Targets: under 1 us and under 100 ns.
#include <benchmark/benchmark.h>

#include "catalog/catalog.hpp"
#include "kernels/price_cache.hpp"

namespace aifsim {
namespace {

const GpuDescription& h100() {
  static const GpuDescription gpu = Catalog{AIFSIM_ROOT}.gpu("h100_sxm_80gb");
  return gpu;
}

// Deep, flat, tiny and large: each leads through another side of the model.
Gemm shape(std::size_t i, Dtype dtype) {
  constexpr std::int64_t kSizes[] = {16, 129, 1024, 4096, 16384};
  return {kSizes[i % 5], kSizes[i / 5 % 5], kSizes[i / 25 % 5], 1, dtype};
}

void price_gemm_cold(benchmark::State& state, Dtype dtype) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(price(h100(), shape(i++, dtype)));
}
BENCHMARK_CAPTURE(price_gemm_cold, bf16, Dtype::bf16);
BENCHMARK_CAPTURE(price_gemm_cold, fp8, Dtype::fp8);

void price_attention_cold(benchmark::State& state) {
  Attention a{1, 32, 8, 128, 4096, 4096};
  for (auto _ : state) {
    a.seq_q = a.seq_kv = 1024 + (a.seq_q + 64) % 8192;
    benchmark::DoNotOptimize(price(h100(), a));
  }
}
BENCHMARK(price_attention_cold);

void price_cached(benchmark::State& state) {
  PriceCache cache(h100());
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(&cache(shape(i++, Dtype::bf16)));
}
BENCHMARK(price_cached);

}  // namespace
}  // namespace aifsim
