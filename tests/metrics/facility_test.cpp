#include "metrics/facility.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <tuple>

#include "catalog/catalog.hpp"
#include "metrics/time.hpp"
#include "root.hpp"
#include "shipped_platforms.hpp"

namespace aifsim {
namespace {

FacilityDescription site() {
  FacilityDescription s;
  s.cooling.pue.value = 1.1;
  s.electricity.price.value = EurosPerJoule{0.10 / 3.6e6};
  s.carbon.average.value = GramsPerJoule{200 / 3.6e6};
  return s;
}

PlatformDescription machine() {
  PlatformDescription p;
  p.nodes.value = 100;
  p.node.gpus.value = 4;
  p.node.nics.value = 2;
  p.node.cpus.value = 2;
  PowerDescription w;
  w.cpu_idle.value = Watts{100};
  w.cpu_busy.value = Watts{300};
  w.cpu_load.value = 0.5;
  w.memory.value = Watts{50};
  w.nic.value = Watts{20};
  w.storage.value = Watts{10};
  w.other.value = Watts{100};
  w.fabric.value = Watts{60};
  w.conversion.value = 0.8;
  p.power = w;
  p.facility = site();
  return p;
}

// A step of a second on ten nodes, 40 boards of 500 W, a thousand tokens.
Metrics step() {
  Metrics m;
  m[Metric::step_time].value = 1;
  m[Metric::energy].value = 40 * 500;
  m[Metric::tokens_per_step].value = 1000;
  return m;
}

double kwh(double joules) { return joules / 3.6e6; }

}  // namespace

TEST_CASE("a step's energy from the boards to the meter, by hand", "[metrics]") {
  Metrics m = step();
  EnergyAccount account;
  add_facility(m, account, machine(), {}, {{10}}, {});
  CHECK(account.of(EnergyPart::gpus).value == 20000);
  CHECK(account.of(EnergyPart::cpus).value == 4000);  // ten nodes of two sockets at 200 W
  CHECK(account.of(EnergyPart::memory).value == 500);
  CHECK(account.of(EnergyPart::nics).value == 400);
  CHECK(account.of(EnergyPart::drives).value == 100);
  CHECK(account.of(EnergyPart::node).value == 1000);
  CHECK(account.of(EnergyPart::switches).value == 600);
  CHECK(account.of(EnergyPart::conversion).value == Approx(26600 * 0.25));
  CHECK(account.of(EnergyPart::cooling).value == Approx(33250 * 0.1));
  CHECK(m[Metric::meter_energy].value == Approx(36575));
  CHECK(m[Metric::meter_power].value == Approx(36575));
  CHECK(m[Metric::carbon].value == Approx(200 * kwh(36575)));
  CHECK(m[Metric::electricity].value == Approx(0.10 * kwh(36575)));
  CHECK_FALSE(m.has(Metric::run_time));
}

TEST_CASE("a job draws its nodes' share of the file systems beside them", "[metrics]") {
  PlatformDescription p = machine();
  p.storage.resize(2);
  p.storage[0].power.value = Watts{4000};
  p.storage[1].power.value = Watts{1000};
  const auto drawn = [&] {
    Metrics m = step();
    EnergyAccount account;
    add_facility(m, account, p, {}, {{10}}, {});
    const double parts = std::accumulate(account.parts.begin(), account.parts.end(), 0.0);
    CHECK(m[Metric::meter_energy].value == Approx(parts));
    CHECK(parts == Approx((26600 / 0.8 + account.of(EnergyPart::file_systems).value) * 1.1));
    return account.of(EnergyPart::file_systems).value;
  };
  CHECK(drawn() == Approx(500));  // of 100 nodes
  CHECK(idle_draws(p, {}).front().power.value ==
        Approx((100 * (200 + 50 + 40 + 10 + 100 + 60) / 0.8 + 5000) * 1.1));
  // Of a partition with 100 of 400 nodes; the second tier stands beside it alone.
  p.partition = "gpu";
  p.partitions.resize(2);
  p.partitions[0].name = "gpu";
  p.partitions[0].nodes.value = 100;
  p.partitions[1].name = "cpu";
  p.partitions[1].nodes.value = 300;
  p.storage[1].beside = {"gpu"};
  CHECK(drawn() == Approx(10 * (4000.0 / 400 + 1000.0 / 100)));
  p.partition = "cpu";
  CHECK(drawn() == Approx(10 * 4000.0 / 400));
  p.storage[0].shared_by.value = 1000;
  CHECK(drawn() == Approx(10 * 4000.0 / 1000));
}

TEST_CASE("the parts add up to the meter, whatever the platform", "[metrics]") {
  REQUIRE(rc::check([] {
    PlatformDescription p = machine();
    p.storage.resize(1);
    p.storage[0].power.value = Watts{*rc::gen::inRange(0, 10000000) / 7.0};
    const auto watts = [] { return Watts{*rc::gen::inRange(0, 100000) / 7.0}; };
    p.power->cpu_idle.value = watts();
    p.power->cpu_busy.value = *p.power->cpu_idle + watts();
    p.power->memory.value = watts();
    p.power->other.value = watts();
    p.power->fabric.value = watts();
    p.power->conversion.value = *rc::gen::inRange(1, 1000) / 1000.0;
    p.facility->cooling.pue.value = 1 + *rc::gen::inRange(0, 1000) / 1000.0;
    p.facility->cooling.per_degree.value = *rc::gen::inRange(0, 100) / 1000.0;
    p.facility->cooling.free_cooling.value = *rc::gen::inRange(-20, 30);
    p.facility->cooling.outside.mean.value = *rc::gen::inRange(-10, 40);
    Metrics m = step();
    EnergyAccount account;
    add_facility(m, account, p, {}, {{*rc::gen::inRange<std::int64_t>(1, 100)}},
                 {Tokens{*rc::gen::inRange(1, 1000) * 1e9}, 0.9, *rc::gen::inRange(0, 8760) + 0.5});
    double sum = 0;
    for (const double part : account.parts) {
      RC_ASSERT(part >= 0);
      sum += part;
    }
    RC_ASSERT(std::abs(sum / m[Metric::meter_energy].value - 1) < 1e-9);
    // The run's energy is that of its steps, what was lost included.
    const double steps = m[Metric::run_time].value / m[Metric::step_time].value;
    RC_ASSERT(std::abs(m[Metric::run_energy].value / (sum * steps) - 1) < 1e-9);
  }));
}

TEST_CASE("a whole run: time, hours, energy, carbon, money", "[metrics]") {
  PlatformDescription p = machine();
  CostDescription cost;
  cost.capital.value = Euros{10e6};
  cost.years.value = 5;
  cost.staff.value = Euros{0.5e6};
  cost.utilisation.value = 0.5;
  cost.embodied.value = GramsCO2{100e6};
  p.cost = cost;
  Metrics m = step();
  EnergyAccount account;
  add_facility(m, account, p, {}, {{10}}, {Tokens{3.6e9}, 0.8, {}});
  add_band(m, Seconds{0.8}, Seconds{1}, Seconds{1.5});
  const double hours = 3.6e6 / 0.8 / 3600;  // 3.6 million steps of a second
  CHECK(m[Metric::run_time].value == Approx(hours * 3600));
  CHECK(m[Metric::run_gpu_hours].value == Approx(40 * hours));
  CHECK(m[Metric::run_energy].value == Approx(36575 * hours * 3600));
  const double machine_hours = 400 * 8766 * 0.5;  // GPU hours of a year that are used
  CHECK(m[Metric::run_carbon].value ==
        Approx(200 * kwh(36575 * hours * 3600) + 40 * hours * 100e6 / 5 / machine_hours));
  CHECK(m[Metric::run_electricity].value == Approx(0.1 * kwh(36575 * hours * 3600)));
  CHECK(m[Metric::run_cost].value ==
        Approx(m[Metric::run_electricity].value + 40 * hours * 2.5e6 / machine_hours));
  CHECK(m[Metric::run_time].p10 == Approx(0.8 * m[Metric::run_time].value));
  CHECK(m[Metric::run_cost].p90 == Approx(1.5 * m[Metric::run_cost].value));
}

TEST_CASE("without power of the nodes there is time, and no energy at a meter", "[metrics]") {
  PlatformDescription p = machine();
  p.power.reset();
  Metrics m = step();
  EnergyAccount account;
  add_facility(m, account, p, {}, {{10}}, {Tokens{1e6}, 1, {}});
  CHECK(m[Metric::run_time].value == Approx(1000));
  CHECK_FALSE(m.has(Metric::meter_power));
  CHECK_FALSE(m.has(Metric::run_energy));
  CHECK(account.total().value == 0);
}

TEST_CASE("swings leave the mean of a year alone, and count in a short run", "[metrics]") {
  FacilityDescription s = site();
  s.carbon.daily.value = 0.2;
  s.carbon.seasonal.value = 0.3;
  const double average = s.carbon.average->value * s.cooling.pue;
  CHECK(site_means(s, {}, Seconds{3600}).carbon.value == Approx(average).epsilon(1e-6));
  const double noon = 171 * 24 + 13, night = 1;  // midsummer; new year's night
  CHECK(site_means(s, noon, Seconds{3600}).carbon.value == Approx(average * 0.8 * 0.7).epsilon(0.01));
  CHECK(site_means(s, night, Seconds{3600}).carbon.value == Approx(average * 1.2 * 1.3).epsilon(0.03));
  CHECK(site_means(s, noon, Seconds{8760 * 3600.0}).carbon.value == Approx(average).epsilon(1e-6));
}

TEST_CASE("a tariff holds in its hours, past midnight too", "[metrics]") {
  FacilityDescription s = site();
  s.electricity.tariff.push_back({22, 6, {EurosPerJoule{0.04 / 3.6e6}, {}, Confidence::assumed, {}}});
  const auto price = [&](double hour) {
    return site_means(s, hour, Seconds{3600}).price.value * 3.6e6 / s.cooling.pue;
  };
  CHECK(price(21) == Approx(0.10));
  CHECK(price(22) == Approx(0.04));
  CHECK(price(5) == Approx(0.04));
  CHECK(price(6) == Approx(0.10));
  CHECK(price(5.5) == Approx(0.07));
  CHECK(site_means(s, {}, Seconds{1}).price.value * 3.6e6 / s.cooling.pue ==
        Approx((16 * 0.10 + 8 * 0.04) / 24));
}

TEST_CASE("cooling takes more on a warm day", "[metrics]") {
  FacilityDescription s = site();
  s.cooling.per_degree.value = 0.01;
  s.cooling.free_cooling.value = 20;
  s.cooling.outside.mean.value = 15;
  s.cooling.outside.seasonal.value = 10;
  s.cooling.outside.daily.value = 5;
  CHECK(site_means(s, 14 * 24 + 4, Seconds{3600}).pue == Approx(1.1));
  CHECK(site_means(s, 197 * 24 + 16, Seconds{3600}).pue == Approx(1.2).epsilon(0.01));  // 30 degrees in July
}

TEST_CASE("hours of a file go before averages, swings and tariff", "[metrics]") {
  FacilityDescription s = site();
  s.carbon.daily.value = 0.5;
  s.hours.carbon.assign(8760, 100);
  s.hours.carbon[10] = 700;
  s.hours.price.assign(8760, 0.2);
  CHECK(site_means(s, 10, Seconds{3600}).carbon.value * 3.6e6 / s.cooling.pue == Approx(700));
  CHECK(site_means(s, 9.5, Seconds{3600}).carbon.value * 3.6e6 / s.cooling.pue == Approx(400));
  CHECK(site_means(s, {}, Seconds{1}).carbon.value * 3.6e6 / s.cooling.pue == Approx(100 + 600 / 8760.0));
  CHECK(site_means(s, {}, Seconds{1}).price.value * 3.6e6 / s.cooling.pue == Approx(0.2));
}

TEST_CASE("a figure of 0 that a site gives is none that it leaves out", "[metrics]") {
  PlatformDescription p = machine();
  CostDescription cost;
  cost.capital.value = Euros{80e6};
  cost.years.value = 5;
  cost.utilisation.value = 0.8;
  cost.embodied.value = GramsCO2{1e9};
  p.cost = cost;
  p.facility->carbon.average.value = {};
  p.facility->electricity.price.value = {};
  EnergyAccount account;
  Metrics left_out = step();
  add_facility(left_out, account, p, {}, {{10}}, {Tokens{1e9}, 1, {}});
  for (const Metric m : {Metric::carbon, Metric::electricity, Metric::run_carbon, Metric::run_cost})
    CHECK_FALSE(left_out.has(m));
  p.facility->carbon.average.place = p.facility->electricity.price.place = {"site.yaml", 3, 5};
  Metrics given = step();
  add_facility(given, account, p, {}, {{10}}, {Tokens{1e9}, 1, {}});
  CHECK(given[Metric::carbon].value == 0);
  CHECK(given[Metric::electricity].value == 0);
  CHECK(given[Metric::run_electricity].value == 0);
  CHECK(given[Metric::run_carbon].value > 0);  // of making the machine
  CHECK(given[Metric::run_cost].value > 0);
}

TEST_CASE("a job over two sites is the sum of what each meter sees", "[metrics]") {
  REQUIRE(rc::check([] {
    PlatformDescription p = machine();
    const auto share = [] { return *rc::gen::inRange(0, 1000) / 1000.0; };
    for (const char* name : {"a", "b"}) {
      SpannedPartition& one = p.spanned.emplace_back();
      one.name = name;
      one.site = std::string("site of ") + name;
      one.nodes.value = 50;
      one.power = p.power;
      one.power->other.value = Watts{1000 * share()};
      one.power->conversion.value = 0.5 + share() / 2;
      one.facility = site();
      one.facility->cooling.pue.value = 1 + share();
      one.facility->cooling.per_degree.value = share() / 10;
      one.facility->cooling.outside.mean.value = 40 * share();
      one.facility->electricity.price.value = EurosPerJoule{share() / 3.6e6};
      one.facility->electricity.price.place = {"site.yaml", 1, 1};
      one.facility->electricity.tariff.push_back(
          {22, 6, {EurosPerJoule{share() / 3.6e6}, {}, Confidence::assumed, {}}});
      one.facility->carbon.average.value = GramsPerJoule{(1 + 500 * share()) / 3.6e6};
      one.facility->carbon.seasonal.value = share();
    }
    const NodesOfJob nodes{{*rc::gen::inRange<std::int64_t>(1, 40), *rc::gen::inRange<std::int64_t>(1, 40)},
                           {0.3, 0.7}};
    const WholeRun run{Tokens{*rc::gen::inRange(1, 1000) * 1e6}, 0.9, *rc::gen::inRange(0, 8760) + 0.5};
    Metrics m = step();
    EnergyAccount account;
    add_facility(m, account, p, {}, nodes, run);
    RC_ASSERT(account.sites.size() == 2);
    double energy = 0, carbon = 0, euros = 0;  // of a step of a second
    for (const SiteDraw& draw : account.sites) {
      RC_ASSERT(draw.at_most == draw.power);
      energy += draw.power.value;
      carbon += draw.power.value * draw.carbon.value;
      euros += draw.power.value * draw.price.value;
    }
    const auto same = [](double x, double y) { return std::abs(x - y) <= 1e-9 * std::abs(y); };
    RC_ASSERT(same(energy, m[Metric::meter_energy].value));
    RC_ASSERT(same(account.total().value, m[Metric::meter_energy].value));
    RC_ASSERT(same(carbon, m[Metric::carbon].value));
    RC_ASSERT(same(euros, m[Metric::electricity].value));
    // Each site as if it were all of the machine, with its part of the boards, over the same run.
    for (std::size_t i = 0; i < 2; ++i) {
      PlatformDescription one = p;
      one.spanned.clear();
      one.power = p.spanned[i].power;
      one.facility = p.spanned[i].facility;
      Metrics of_one = step();
      of_one[Metric::energy].value *= nodes.boards[i];
      EnergyAccount its;
      add_facility(of_one, its, one, {}, {{nodes.nodes[i]}}, run);
      RC_ASSERT(same(account.sites[i].power.value, of_one[Metric::meter_power].value));
      RC_ASSERT(same(account.sites[i].carbon.value, its.sites[0].carbon.value));
      RC_ASSERT(same(account.sites[i].price.value, its.sites[0].price.value));
    }
  }));
}

TEST_CASE("a job over machines pays for each one's hours by its own cost", "[metrics]") {
  PlatformDescription p = machine();
  p.cost.emplace();
  for (const auto& [name, nodes, capital] : {std::tuple{"a", 60.0, 10e6}, {"b", 40.0, 30e6}}) {
    CostDescription cost;
    cost.capital.value = Euros{capital};
    cost.years.value = 5;
    cost.utilisation.value = 0.85;
    cost.embodied.value = GramsCO2{capital};
    p.spanned.push_back({name, name, p.nodes, p.facility, p.power, cost, nodes});
  }
  const auto run = [&](std::int64_t on_a, std::int64_t on_b) {
    Metrics m = step();
    EnergyAccount account;
    add_facility(m, account, p, {}, {{on_a, on_b}}, {Tokens{1e9}, 1, {}});
    return m;
  };
  const Metrics both = run(5, 5), one = run(10, 0), other = run(0, 10);
  const auto machine_of = [](const Metrics& m) {
    return m[Metric::run_cost].value - m[Metric::run_electricity].value;
  };
  const double hours = 1e6 / 3600;
  CHECK(machine_of(one) == Approx(10 * hours / (60 * 8766 * 0.85) * 10e6 / 5));
  CHECK(machine_of(both) == Approx((machine_of(one) + machine_of(other)) / 2));
  CHECK(both[Metric::run_embodied].value ==
        Approx((one[Metric::run_embodied].value + other[Metric::run_embodied].value) / 2));
  CHECK(both[Metric::cost_per_gpu_hour].value ==
        Approx(both[Metric::run_cost].value / both[Metric::run_gpu_hours].value));
  // What one of them does not say is not known of the whole; of a job beside it, it is.
  p.spanned[1].cost->embodied = {};
  CHECK_FALSE(run(5, 5).has(Metric::run_embodied));
  CHECK(run(10, 0).has(Metric::run_embodied));
  p.spanned[1].cost.reset();
  CHECK_FALSE(run(5, 5).has(Metric::run_cost));
}

TEST_CASE("a site that does not say what its nodes draw leaves the job without a meter", "[metrics]") {
  PlatformDescription p = machine();
  for (const char* name : {"a", "b"}) p.spanned.push_back({name, name, p.nodes, p.facility, p.power, {}, 0});
  p.spanned[1].power.reset();
  Metrics m = step();
  EnergyAccount account;
  add_facility(m, account, p, {}, {{5, 5}}, {});
  CHECK_FALSE(m.has(Metric::meter_power));
  CHECK(account.total().value == 0);
  REQUIRE(account.sites.size() == 2);
  CHECK(account.sites[0].known());
  CHECK_FALSE(account.sites[1].known());
  CHECK(account.sites[1].why == "b does not say what its nodes draw (power)");
}

TEST_CASE("boards of which nobody knows what they draw are taken from idle to their limits", "[metrics]") {
  GpuDescription gpu;
  gpu.power_limit.value = Watts{400};
  gpu.power.idle.value = 0.25;
  Metrics m;
  EnergyAccount account;
  add_facility(m, account, machine(), gpu, {{10}}, {});
  CHECK_FALSE(m.has(Metric::meter_power));
  REQUIRE(account.sites.size() == 1);
  const SiteDraw& draw = account.sites.front();
  CHECK(draw.power.value == Approx((40 * 100 + 6600) / 0.8 * 1.1));  // the rest of ten nodes, as above
  CHECK(draw.at_most.value == Approx((40 * 400 + 6600) / 0.8 * 1.1));
  CHECK_THAT(draw.why, Catch::StartsWith("what the boards draw is not known"));
  gpu.power_cap.value = 0.5;
  add_facility(m, account, machine(), gpu, {{10}}, {});
  CHECK(account.sites.front().at_most.value == Approx((40 * 200 + 6600) / 0.8 * 1.1));
  // Without a job their processors idle too.
  CHECK(idle_draws(machine(), gpu).front().power.value == Approx(100 * (400 + 460) / 0.8 * 1.1));
  CHECK(idle_draws(machine(), gpu).front().at_most == idle_draws(machine(), gpu).front().power);
  gpu.power.idle.value = 0;  // a model without power
  CHECK(idle_draws(machine(), gpu).front().at_most.value == Approx(100 * (800 + 460) / 0.8 * 1.1));
}

TEST_CASE("hours are asked for where a programme gives so many", "[metrics]") {
  PlatformDescription p = machine();
  const auto figure = [](double v) { return Figure<double>{v, {}, Confidence::assumed, {}}; };
  p.facility->access = {{"Small", "anyone", "2 days", figure(0), figure(5000)},
                        {"Large", "", "", figure(50000), figure(0)}};
  CHECK(access_note(p, 4999) == "asks for 4999 GPU hours: Small, for anyone (answer: 2 days)");
  CHECK(access_note(p, 20000).empty());
  CHECK(access_note(p, 1e6) == "asks for 1M GPU hours: Large");
}

TEST_CASE("every shipped platform has a meter, with carbon and a price", "[metrics]") {
  const Catalog catalog(test_root());
  for (const std::string& name : platforms_with_gpus(catalog)) {
    INFO(name);
    Metrics m = step();
    EnergyAccount account;
    add_facility(m, account, catalog.platform(name), {}, {{10}}, {Tokens{1e9}, 1, 4000.0});
    CHECK(m[Metric::meter_power].value > 20000);  // the boards'
    CHECK(m[Metric::carbon].value > 0);
    CHECK(m[Metric::electricity].value > 0);
    CHECK(m[Metric::run_energy].value == Approx(1e6 * m[Metric::meter_energy].value));
    for (const double part : account.parts) CHECK(part >= 0);
  }
}

TEST_CASE("what LUMI-G's nodes draw is what its parts add up to", "[metrics]") {
  const Catalog catalog(test_root());
  const PlatformDescription lumi = catalog.platform("lumi_g");
  // ExaDigiT's RAPS, config/lumi/lumi-g: CPU 90 to 280 W, memory 74.26, four NICs of 20, drives 30.
  Metrics m = step();
  EnergyAccount account;
  add_facility(m, account, lumi, {}, {{1}}, {});
  double node = 0;
  for (const EnergyPart part :
       {EnergyPart::cpus, EnergyPart::memory, EnergyPart::nics, EnergyPart::drives, EnergyPart::node})
    node += account.of(part).value;  // of a step of a second
  CHECK(node == Approx(90 + 0.25 * 190 + 74.26 + 4 * 20 + 30));
}

}  // namespace aifsim
