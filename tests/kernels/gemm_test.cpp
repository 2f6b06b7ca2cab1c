#include "kernels/gemm.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

double gemm_seconds(const Gemm& gemm) { return price(example_gpu(), gemm).time.value; }

}  // namespace

TEST_CASE("a large GEMM runs at its share of the peak") {
  const Price p = price(example_gpu(), Gemm{32768, 32768, 32768, 1, Dtype::bf16});
  CHECK(p.flops.value == Approx(2 * std::pow(32768.0, 3)));
  CHECK(p.flops.value / p.time.value == Approx(0.8 * 100e12).epsilon(0.01));
}

TEST_CASE("the smallest GEMM takes the fixed time, and one small tile") {
  // Tile of 16 x 64 on one of 100 multiprocessors: 2*1024*(1+80)/0.8e12 = 0.2074e-6.
  CHECK(gemm_seconds({1, 1, 1}) == Approx(3e-6 + 0.2074e-6).epsilon(0.001));
}

TEST_CASE("a GEMM of one row runs at its share of the memory bandwidth") {
  const Price p = price(example_gpu(), Gemm{1, 65536, 65536, 1, Dtype::bf16});
  CHECK(p.bytes.value == Approx(2 * 65536.0 * 65536.0).epsilon(0.001));
  CHECK(p.bytes.value / p.time.value == Approx(0.75 * 1e12).epsilon(0.02));
}

TEST_CASE("a narrow, deep GEMM splits k when that is shorter") {
  // One tile of 16 x 64: c = 2*1024*(k/s+80)/0.8e12 = 2.56e-9*(k/s+80). k = 256 is not split; 65536 in 32
  // parts is: c = 5.4477e-6, l = 1e-9*2048 + 1e-6, v = 2*(16*65536*2+256+32*256)/0.75e12 = 5.6148e-6.
  const double c = 2.56e-9 * 336, l = 0.256e-6, v = 2 * (16 * 256 * 2 + 256) / 0.75e12;
  CHECK(gemm_seconds({16, 16, 256}) == Approx(3e-6 + std::sqrt(c * c + l * l + v * v)).epsilon(1e-4));
  CHECK(gemm_seconds({16, 16, 65536}) ==
        Approx(3e-6 + std::sqrt(5.4477e-6 * 5.4477e-6 + 3.048e-6 * 3.048e-6 + 5.6148e-6 * 5.6148e-6))
            .epsilon(1e-4));
}

TEST_CASE("tiles that must be tall leave multiprocessors idle") {
  GpuDescription gpu = example_gpu();
  gpu.memory_bandwidth.value = BytesPerSecond{1e18};
  const double any = price(gpu, Gemm{256, 32, 128}).time.value;
  gpu.gemm[Dtype::bf16].least_rows.value = 256;
  // 256 x 32 instead of 64 x 32, the smallest of 32 columns.
  CHECK((price(gpu, Gemm{256, 32, 128}).time.value - 3e-6) / (any - 3e-6) == Approx(8).epsilon(0.05));
}

TEST_CASE("a short k costs its ramp") {
  // Both far above the other sides: (80 + 80) / (160 + 80) of the time.
  CHECK(gemm_seconds({32768, 32768, 80}) < gemm_seconds({32768, 32768, 160}));
  GpuDescription gpu = example_gpu();
  gpu.memory_bandwidth.value = BytesPerSecond{1e18};
  const double half = price(gpu, Gemm{32768, 32768, 80}).time.value;
  CHECK(half / price(gpu, Gemm{32768, 32768, 160}).time.value == Approx(160.0 / 240.0).epsilon(0.02));
}

TEST_CASE("a batch of GEMMs is one launch") {
  const double one = gemm_seconds({2048, 2048, 2048, 1}), eight = gemm_seconds({2048, 2048, 2048, 8});
  CHECK(eight - 3e-6 == Approx(8 * (one - 3e-6)).epsilon(0.02));
}

TEST_CASE("what caches give again does not come from memory") {
  Gemm windows{100000, 64, 576};
  const Price all = price_gemm(example_gpu(), windows);
  windows.reuse = 9;
  const Price once = price_gemm(example_gpu(), windows);
  CHECK(all.bytes.value - once.bytes.value == Approx(2.0 * 100000 * 576 * 8 / 9));
  CHECK(once.flops == all.flops);
  CHECK(once.time < all.time);
}

TEST_CASE("the GEMM's equation, by hand") {
  // 128 tiles of 16 x 64 on 100 multiprocessors: c = 1.28*2*1024*(1024+80)/0.8e12 = 3.6176e-6;
  // v = 2*(131072+524288+262144)/(0.75e12) = 2.4467e-6; l = 1e-9*1024
  CHECK(gemm_seconds({512, 256, 1024}) ==
        Approx(3e-6 + std::sqrt(3.6176e-6 * 3.6176e-6 + 2.4467e-6 * 2.4467e-6 + 1.024e-6 * 1.024e-6))
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
    RC_ASSERT(gemm_seconds(larger) >= gemm_seconds(small) * (1 - 1e-12));
  }));
}

TEST_CASE("a dtype without a peak has no price, and the message names both") {
  CHECK_THROWS_WITH(price(example_gpu(), Gemm{64, 64, 64, 1, Dtype::fp8}),
                    "the GPU model example_gpu has no peak for fp8; it has fp32, bf16");
  CHECK_THROWS_AS(price(example_gpu(), Gemm{64, 64, 64, 1, Dtype::fp8}), CannotAnswer);
}

TEST_CASE("a 16-bit block prices formats that have none, with a wider band") {
  GpuDescription gpu = example_gpu();
  gpu.peak[Dtype::fp16] = gpu.peak[Dtype::tf32] = gpu.peak.at(Dtype::bf16);
  gpu.gemm[Dtype::bf16].fit.spread.value = 0.08;
  const Gemm bf16{4096, 4096, 4096, 1, Dtype::bf16}, fp16{4096, 4096, 4096, 1, Dtype::fp16},
      tf32{4096, 4096, 4096, 1, Dtype::tf32};
  CHECK(price(gpu, bf16).spread == Approx(0.08));
  CHECK(price(gpu, fp16).time == price(gpu, bf16).time);
  CHECK(price(gpu, fp16).spread == Approx(std::hypot(0.08, 0.15)));
  CHECK(price(gpu, tf32).spread == Approx(std::hypot(0.08, 0.2)));
  gpu.gemm[Dtype::fp16] = gpu.gemm.at(Dtype::bf16);
  gpu.gemm[Dtype::fp16].fixed_time.value = Seconds{1e-3};
  CHECK(price(gpu, fp16).time.value > price(gpu, bf16).time.value + 0.9e-3);
  CHECK(price(gpu, fp16).spread == Approx(0.08));
}

TEST_CASE("a GPU model without constants has no price") {
  GpuDescription gpu = example_gpu();
  gpu.gemm[Dtype::bf16].compute_efficiency.value = 0;
  CHECK_THROWS_WITH(
      price(gpu, Gemm{64, 64, 64}),
      "the GPU model example_gpu has no usable gemm.compute_efficiency: it is 0, and must be above 0");
}

TEST_CASE("operands that stand in the format already are not quantised again") {
  GpuDescription gpu = example_gpu();
  gpu.peak[Dtype::fp8].value = FlopsPerSecond{200e12};
  GemmConstants& c = gpu.gemm[Dtype::fp8] = gpu.gemm.at(Dtype::bf16);
  c.row_time.value = Seconds{3e-9};
  c.quantise_efficiency.value = 0.4;
  const Gemm cast{4096, 4096, 4096, 1, Dtype::fp8, true}, raw{4096, 4096, 4096, 1, Dtype::fp8};
  const double pass = std::hypot(3e-9 * 4096, 3.0 * 4096 * 4096 / (0.4 * 1e12));
  CHECK(price(gpu, raw).time.value - price(gpu, cast).time.value == Approx(pass));
  c.quantise_efficiency.value = 0;
  CHECK(price(gpu, raw).time == price(gpu, cast).time);
}
