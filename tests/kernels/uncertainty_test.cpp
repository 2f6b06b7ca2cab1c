#include "kernels/uncertainty.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "base/hash.hpp"
#include "example_gpu.hpp"
#include "kernels/price_cache.hpp"

using namespace aifsim;

namespace {

constexpr int kDraws = 4000;

GpuDescription fitted() {
  GpuDescription gpu = example_gpu();
  FitInfo& fit = gpu.gemm[Dtype::bf16].fit;
  fit.spread.value = 0.1;
  fit.constants = {"compute_efficiency", "fixed_time"};
  fit.covariance = {0.0004, 0.0003, 0.0009};  // standard deviations 2 and 3 %, correlation 0.5
  return gpu;
}

}  // namespace

TEST_CASE("draw 0 is the GPU itself, and a draw is the same whenever it is made") {
  const GpuDescription gpu = fitted();
  const auto efficiency = [](const GpuDescription& g) { return *g.gemm.at(Dtype::bf16).compute_efficiency; };
  CHECK(efficiency(drawn(gpu, 0)) == efficiency(gpu));
  CHECK(efficiency(drawn(gpu, 7)) == efficiency(drawn(gpu, 7)));
  CHECK(efficiency(drawn(gpu, 7)) != efficiency(drawn(gpu, 8)));
  const Price p = price(gpu, Gemm{512, 512, 512});
  CHECK(drawn_miss(Gemm{512, 512, 512}, p, 0) == 1);
  CHECK(drawn_miss(Gemm{512, 512, 512}, p, 7) == drawn_miss(Gemm{512, 512, 512}, p, 7));
}

TEST_CASE("drawn constants have the covariance of the fit, and others do not move") {
  const GpuDescription gpu = fitted();
  double xx = 0, xy = 0, yy = 0;
  for (int i = 1; i <= kDraws; ++i) {
    const GemmConstants c = drawn(gpu, std::uint64_t(i)).gemm.at(Dtype::bf16);
    const double x = std::log(*c.compute_efficiency / 0.8), y = std::log(c.fixed_time->value / 3e-6);
    xx += x * x / kDraws;
    xy += x * y / kDraws;
    yy += y * y / kDraws;
    if (i > 5) continue;
    CHECK(*c.memory_efficiency == 0.75);
  }
  CHECK(xx == Approx(0.0004).epsilon(0.1));
  CHECK(xy == Approx(0.0003).epsilon(0.15));
  CHECK(yy == Approx(0.0009).epsilon(0.1));
}

TEST_CASE("what the rows leave free stays as fitted, and the rest moves as before") {
  GpuDescription gpu = fitted();
  FitInfo& fit = gpu.gemm[Dtype::bf16].fit;
  fit.constants.push_back("tile_overhead");
  fit.covariance.insert(fit.covariance.end(), {30, -20, 5.58e9});  // as printed with three digits
  double xx = 0;
  for (int i = 1; i <= kDraws; ++i) {
    const GemmConstants c = drawn(gpu, std::uint64_t(i)).gemm.at(Dtype::bf16);
    CHECK(*c.tile_overhead == Approx(*gpu.gemm.at(Dtype::bf16).tile_overhead).epsilon(1e-6));
    const double x = std::log(*c.compute_efficiency / 0.8);
    xx += x * x / kDraws;
  }
  CHECK(xx == Approx(0.0004).epsilon(0.1));
}

TEST_CASE("shapes of a fitted block miss on their own, those of a carried-over block together") {
  const GpuDescription gpu = fitted();
  const Gemm a{512, 512, 512}, b{4096, 512, 512};
  double variance = 0, together = 0;
  for (int i = 1; i <= kDraws; ++i) {
    const double x = std::log(drawn_miss(a, price(gpu, a), std::uint64_t(i)));
    const double y = std::log(drawn_miss(b, price(gpu, b), std::uint64_t(i)));
    variance += x * x / kDraws;
    together += x * y / kDraws;
  }
  CHECK(std::sqrt(variance) == Approx(price(gpu, a).spread).epsilon(0.05));
  CHECK(std::abs(together) < 0.1 * variance);
  GpuDescription carried = gpu;
  carried.gemm[Dtype::bf16].fit.from = {"other"};
  const Price p = price(carried, a), q = price(carried, b);
  CHECK(std::log(drawn_miss(a, p, 5)) / p.spread == Approx(std::log(drawn_miss(b, q, 5)) / q.spread));
}
