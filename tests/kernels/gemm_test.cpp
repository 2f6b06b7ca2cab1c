#include "kernels/gemm.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

double seconds(const Gemm& gemm) { return price(example_gpu(), gemm).time.value; }

}  // namespace

TEST_CASE("a large GEMM runs at its share of the peak") {
  const Price p = price(example_gpu(), Gemm{32768, 32768, 32768, 1, Dtype::bf16});
  CHECK(p.flops.value == Approx(2 * std::pow(32768.0, 3)));
  CHECK(p.flops.value / p.time.value == Approx(0.8 * 100e12).epsilon(0.01));
}

TEST_CASE("the smallest GEMM takes the fixed time") {
  CHECK(seconds({1, 1, 1}) == Approx(3e-6).epsilon(0.02));
}

TEST_CASE("a GEMM of one row runs at its share of the memory bandwidth") {
  const Price p = price(example_gpu(), Gemm{1, 65536, 65536, 1, Dtype::bf16});
  CHECK(p.bytes.value == Approx(2 * 65536.0 * 65536.0).epsilon(0.001));
  CHECK(p.bytes.value / p.time.value == Approx(0.75 * 1e12).epsilon(0.01));
}

TEST_CASE("a narrow, deep GEMM waits for the latency along k") {
  const double shallow = seconds({16, 16, 1024}) - 3e-6, deep = seconds({16, 16, 4096}) - 3e-6;
  CHECK(deep / shallow == Approx(2).epsilon(0.05));  // square root of 4
}

TEST_CASE("a short k costs its ramp") {
  // Both far above the other sides: (80 + 80) / (160 + 80) of the time.
  CHECK(seconds({32768, 32768, 80}) < seconds({32768, 32768, 160}));
  GpuDescription gpu = example_gpu();
  gpu.memory_bandwidth.value = BytesPerSecond{1e18};
  const double half = price(gpu, Gemm{32768, 32768, 80}).time.value;
  CHECK(half / price(gpu, Gemm{32768, 32768, 160}).time.value == Approx(160.0 / 240.0).epsilon(0.01));
}

TEST_CASE("a batch of GEMMs is one launch") {
  const double one = seconds({2048, 2048, 2048, 1}), eight = seconds({2048, 2048, 2048, 8});
  CHECK(eight - 3e-6 == Approx(8 * (one - 3e-6)).epsilon(0.01));
}

TEST_CASE("the GEMM's equation, by hand") {
  // c = 2*512*256*(1024+80)/(0.8*100e12) = 3.6176e-6; v = 2*(131072+524288+262144)/(0.75e12) = 2.4467e-6;
  // l = 50e-9*32 = 1.6e-6
  CHECK(seconds({512, 256, 1024}) ==
        Approx(3e-6 + std::sqrt(3.6176e-6 * 3.6176e-6 + 2.4467e-6 * 2.4467e-6 + 1.6e-6 * 1.6e-6))
            .epsilon(1e-4));
}

TEST_CASE("a GEMM never gets shorter when a dimension grows") {
  CHECK(rc::check([] {
    const auto size = rc::gen::inRange<std::int64_t>(1, 20000);
    const Gemm small{*size, *size, *size, *rc::gen::inRange<std::int64_t>(1, 64)};
    Gemm larger = small;
    const auto more = *rc::gen::inRange<std::int64_t>(1, 5000);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        larger.m += more;
        break;
      case 1:
        larger.n += more;
        break;
      case 2:
        larger.k += more;
        break;
      default:
        larger.batch += more;
    }
    RC_ASSERT(seconds(larger) >= seconds(small));
  }));
}

TEST_CASE("a dtype without a peak has no price, and the message names both") {
  CHECK_THROWS_WITH(price(example_gpu(), Gemm{64, 64, 64, 1, Dtype::fp8}),
                    "the GPU model example_gpu has no peak for fp8; it has fp32, bf16");
  CHECK_THROWS_AS(price(example_gpu(), Gemm{64, 64, 64, 1, Dtype::fp8}), CannotAnswer);
}

TEST_CASE("a GPU model without constants has no price") {
  GpuDescription gpu = example_gpu();
  gpu.gemm[Dtype::bf16].compute_efficiency.value = 0;
  CHECK_THROWS_WITH(
      price(gpu, Gemm{64, 64, 64}),
      "the GPU model example_gpu has no usable gemm.compute_efficiency: it is 0, and must be above 0");
}
