// Draws of a GPU's constants (kernels/uncertainty.hpp) against rows that their fit has not seen.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "base/hash.hpp"
#include "calibration/kernel_fit.hpp"
#include "kernels/example_gpu.hpp"
#include "kernels/price_cache.hpp"

using namespace aifsim;

namespace {

// Products on a grid, made from the example with 8 % scatter.
std::vector<KernelRow> scattered_rows(int first, int count) {
  const GpuDescription gpu = example_gpu();
  std::vector<KernelRow> made;
  for (int i = first; i < first + count; ++i) {
    const auto pick = [i](int salt, std::int64_t most) {
      return std::int64_t{64} << (mixed(std::uint64_t(8 * i + salt)) % std::uint64_t(most));
    };
    KernelRow row;
    row.gpu = gpu.name;
    row.op_word = "gemm";
    row.dtype = "bf16";
    row.op = Gemm{pick(0, 8) + i, pick(1, 8), pick(2, 8)};
    row.time = price(gpu, *row.op).time * std::exp(0.08 * standard_normal(std::uint64_t(i)));
    made.push_back(row);
  }
  return made;
}

}  // namespace

TEST_CASE("the drawn 80 % band holds 70 to 90 % of rows that the fit has not seen") {
  const KernelCalibration c =
      calibrate_kernels(example_gpu(), scattered_rows(0, 400), {0.3, false, "2026-01-01", "planted"});
  REQUIRE(c.report.blocks.front().problem.empty());
  const std::vector<KernelRow> unseen = scattered_rows(1000, 300);
  std::vector<std::vector<double>> times(unseen.size());
  for (std::uint64_t draw = 1; draw <= 200; ++draw) {
    const GpuDescription gpu = drawn(c.gpu, draw);
    PriceCache prices(gpu, {}, draw);
    for (std::size_t i = 0; i < unseen.size(); ++i) times[i].push_back(prices(*unseen[i].op).time.value);
  }
  int inside = 0;
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    std::sort(times[i].begin(), times[i].end());
    const double measured = unseen[i].time.value;
    inside += measured >= times[i][20] && measured <= times[i][179] ? 1 : 0;
  }
  const double share = inside / double(unseen.size());
  CHECK(share > 0.7);
  CHECK(share < 0.9);
}
