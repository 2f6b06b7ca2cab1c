#include "kernels/power.hpp"

#include <catch2/catch.hpp>

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
  // The clock falls with the square root of the room above idle: a half of it at cap 0.4.
  const double whole = price(with_power(1), products, {"", true}).time.value;
  CHECK(price(with_power(0.4), products, {"", true}).time.value == Approx(2 * whole));
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
