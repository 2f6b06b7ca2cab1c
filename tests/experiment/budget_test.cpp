#include "experiment/budget.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "catalog/catalog.hpp"
#include "machine/machine_figures.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

struct Machine {
  PlatformDescription platform;
  GpuDescription gpu;
};

Machine machine(const std::string& name) {
  Machine m{shipped().platform(name, Place{}), {}};
  m.gpu = shipped().gpu(m.platform.node.gpu, m.platform.node.gpu_place);
  return m;
}

BudgetDescription budget(double euros, double watts) {
  BudgetDescription b;
  b.capital = Euros{euros};
  b.power = Watts{watts};
  return b;
}

}  // namespace

TEST_CASE("a budget buys whole nodes in proportion to the machine, until money or power ends") {
  Machine m = machine("leonardo_booster");
  m.platform.nodes.value = 1000;
  m.platform.cost->capital.value = Euros{100e6};  // 100 kEUR a node of four GPUs
  const Purchase by_money = purchase(budget(2.55e6, 0), m.platform, m.gpu);
  CHECK(by_money.nodes == 25);
  CHECK(by_money.gpus == 100);
  CHECK(by_money.capital.value == Approx(2.5e6));
  CHECK(by_money.bound == BudgetBound::capital);
  CHECK(purchase(budget(2.5e6, 0), m.platform, m.gpu).nodes == 25);  // to the euro

  m.platform.facility->cooling.pue.value = 1.25;
  m.platform.facility->cooling.per_degree.value = 0;
  m.platform.facility->hours = {};
  const double node = power_with_file_systems(m.platform, m.gpu).value / 1000 * 1.25;
  const Purchase by_power = purchase(budget(50e6, 10.5 * node), m.platform, m.gpu);
  CHECK(by_power.nodes == 10);
  CHECK(by_power.power.value == Approx(10 * node));
  CHECK(by_power.bound == BudgetBound::power);
  CHECK(text_of(by_power).find("40 GPUs for 1 MEUR") == 0);

  const Purchase all = purchase(budget(1e9, 1e9), m.platform, m.gpu);
  CHECK(all.nodes == 1000);
  CHECK(all.bound == BudgetBound::machine);
}

TEST_CASE("racks whose nodes share a scale-up switch are bought whole") {
  const Machine m = machine("mn5_ai");
  const double each = m.platform.cost->capital->value / *m.platform.nodes;
  const Purchase bought = purchase(budget(each * 40, 0), m.platform, m.gpu);
  CHECK(bought.nodes == 36);
  CHECK(bought.gpus == 144);
  CHECK_THROWS_WITH(purchase(budget(each * 17, 0), m.platform, m.gpu),
                    Catch::Contains("no scale-up domain") && Catch::Contains("MEUR"));
}

TEST_CASE("a budget bounds only what the platform says") {
  Machine m = machine("leonardo_booster");
  m.platform.cost.reset();
  CHECK_THROWS_WITH(purchase(budget(1e7, 0), m.platform, m.gpu), Catch::Contains("cost.capital"));
  CHECK(purchase(budget(0, 1e6), m.platform, m.gpu).capital.value == 0);
  m.platform.power.reset();
  CHECK_THROWS_WITH(purchase(budget(0, 1e6), m.platform, m.gpu), Catch::Contains("what its nodes draw"));
}

TEST_CASE("a purchase keeps within its budget and takes all that it buys") {
  const Machine m = machine("mimer");
  REQUIRE(rc::check("one more node would be too much", [&] {
    const BudgetDescription b =
        budget(1e4 * *rc::gen::inRange(100, 100'000), 1e3 * *rc::gen::inRange(50, 50'000));
    try {
      const Purchase p = purchase(b, m.platform, m.gpu);
      RC_ASSERT(p.capital.value <= b.capital.value * (1 + 1e-9));
      RC_ASSERT(p.power.value <= b.power.value * (1 + 1e-9));
      const double more = static_cast<double>(p.nodes + 1) / static_cast<double>(p.nodes);
      RC_ASSERT(p.bound == BudgetBound::machine || p.capital.value * more > b.capital.value ||
                p.power.value * more > b.power.value);
    } catch (const CannotAnswer&) {
      RC_DISCARD("not one node");
    }
  }));
}

TEST_CASE("sizes within a purchase are whole nodes, more than half of it, with small odd factors") {
  CHECK(sizes_within(64, 4).front() == 64);
  CHECK(sizes_within(1234, 4).front() == 1152);
  CHECK(sizes_within(228, 4) == std::vector<std::int64_t>{224, 208, 192, 128});
  CHECK(sizes_within(4, 4) == std::vector<std::int64_t>{4});
  CHECK(sizes_within(68, 4).front() == 64);
  REQUIRE(rc::check("of any purchase", [] {
    const std::int64_t node = *rc::gen::element<std::int64_t>(1, 4, 8);
    const std::int64_t gpus = node * *rc::gen::inRange<std::int64_t>(1, 10'000);
    const std::vector<std::int64_t> sizes = sizes_within(gpus, node);
    RC_ASSERT(!sizes.empty() && sizes.size() <= 4);
    for (const std::int64_t size : sizes) RC_ASSERT(size <= gpus && size % node == 0 && size * 2 > gpus);
  }));
}

}  // namespace aifsim
