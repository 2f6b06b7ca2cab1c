#include "kernels/price_cache.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "example_gpu.hpp"

using namespace aifsim;

TEST_CASE("a cached price is the price") {
  const GpuDescription gpu = example_gpu();
  PriceCache cache(gpu);
  for (int twice = 0; twice < 2; ++twice) {
    for (const std::int64_t n : {64, 128, 4096}) {
      CHECK(cache(Gemm{128, n, 512}).time == price(gpu, Gemm{128, n, 512}).time);
      CHECK(cache(Streaming{StreamKind::norm, Bytes{double(n)}}).time ==
            price(gpu, Streaming{StreamKind::norm, Bytes{double(n)}}).time);
    }
  }
}

TEST_CASE("shapes that differ in one size hash apart") {
  std::set<std::size_t> hashes;
  const KernelOpHash hash;
  std::size_t shapes = 0;
  for (const std::int64_t m : {1, 2, 1024, 4096})
    for (const std::int64_t n : {1, 2, 1024, 4096})
      for (const std::int64_t k : {1, 2, 1024, 4096})
        for (const std::int64_t batch : {1, 2, 8}) {
          hashes.insert(hash(Gemm{m, n, k, batch}));
          ++shapes;
        }
  CHECK(hashes.size() == shapes);
}

TEST_CASE("a price that cannot be told is not kept") {
  const GpuDescription gpu = example_gpu();
  PriceCache cache(gpu);
  CHECK_THROWS(cache(Gemm{64, 64, 64, 1, Dtype::fp8}));
  CHECK_THROWS(cache(Gemm{64, 64, 64, 1, Dtype::fp8}));
}
