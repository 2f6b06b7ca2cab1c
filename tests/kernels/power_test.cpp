#include "kernels/power.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "kernels/example_gpu.hpp"

namespace aifsim {
namespace {

GpuDescription with_power(double cap) {
  GpuDescription gpu = example_gpu();
  gpu.power_limit.value = Watts{500};
  gpu.power.idle.value = 0.2;
  gpu.power.compute.value = 0.9;
  gpu.power.compute_exponent.value = 0.5;
  gpu.power.memory.value = 0.3;
  gpu.power.busy.value = 0.1;
  gpu.power.clock_exponent.value = 2;
  gpu.power_cap.value = cap;
  return gpu;
}

const KernelOp products = Gemm{.m = 4096, .n = 4096, .k = 4096},
               stream = Streaming{StreamKind::add, Bytes{6.7e7}};

}  // namespace

TEST_CASE("a power cap slows what would draw more, and nothing draws more than it") {
  for (const KernelOp& op : {products, stream})
    for (const bool sustained : {false, true}) {
      double before = 0;
      for (const double cap : {1.0, 0.9, 0.7, 0.5, 0.3}) {
        const Price p = price(with_power(cap), op, {"", sustained});
        CHECK(p.time.value >= before * (1 - 1e-12));
        CHECK(p.energy.value / p.time.value <= 500 * cap * (1 + 1e-12));
        before = p.time.value;
      }
    }
  // The clock falls with the square root of the room above idle, which is half at cap 0.6; as the room itself where the
  // voltage falls no further.
  const auto time = [](double cap) { return price(with_power(cap), products, {"", true}).time.value; };
  CHECK(time(0.6) == Approx(std::sqrt(2) * time(1)));
  CHECK(time(0.275) == Approx(2 * time(0.35)));
  CHECK(slowing_of(1, 0.36 * (1 - 1e-9), 2) ==
        Approx(slowing_of(1, 0.36 * (1 + 1e-9), 2)));  // no step between
}

TEST_CASE("attention draws by constants of its own where a GPU has them") {
  const KernelOp attention =
      Attention{.batch = 1, .heads = 32, .kv_heads = 32, .head_dim = 128, .seq_q = 8192, .seq_kv = 8192};
  GpuDescription gpu = with_power(1);
  const auto watts = [&](const KernelOp& op) {
    const Price p = price(gpu, op);
    return p.energy.value / p.time.value;
  };
  gpu.power.compute_exponent.value = 3;
  const double before = watts(attention), of_products = watts(products);
  gpu.power.attention.emplace();
  gpu.power.attention->compute.value = 0.7;
  gpu.power.attention->compute_exponent.value = 0.5;
  gpu.power.attention->busy.value = 0.2;
  CHECK(watts(attention) > 1.2 * before);
  CHECK(watts(products) == of_products);
}

TEST_CASE("a cap adds to a burst what it adds to a kernel that goes on") {
  const auto times = [](double cap, bool sustained) {
    return price(with_power(cap), products, {"", sustained}).time.value;
  };
  CHECK(times(0.6, false) / times(1, false) == Approx(times(0.6, true) / times(1, true)));
}

TEST_CASE("a cap that nothing tells the effect of is no answer") {
  GpuDescription unknown = with_power(0.7);
  unknown.power.clock_exponent.value = 0;
  CHECK_THROWS_WITH(price(unknown, products),
                    "power_cap of example_gpu: its model has no constants of power");
  CHECK_THROWS_AS(price(with_power(0.2), products), CannotAnswer);
}

}  // namespace aifsim
