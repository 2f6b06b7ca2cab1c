#include "metrics/site_total.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

namespace aifsim {
namespace {

SiteDraw draw(const std::string& site, std::int64_t nodes, double watts) {
  SiteDraw d;
  d.site = d.meter = site;
  d.partition = "p of " + site;
  d.nodes = nodes;
  d.power = d.at_most = Watts{watts};
  d.carbon = GramsPerJoule{2};
  d.price = EurosPerJoule{3};
  d.machine = 5;
  return d;
}

}  // namespace

TEST_CASE("jobs at a site add up, by when they run", "[metrics]") {
  const std::vector<SiteDraw> a{draw("s", 10, 1000)}, b{draw("s", 20, 3000)}, machine{draw("s", 100, 5000)};
  // a from 0 to 4, b from 3 to 10 s: together from 3 to 4.
  const SiteTotal t = site_totals({{"a", Seconds{0}, Seconds{4}, &a}, {"b", Seconds{3}, Seconds{10}, &b}},
                                  machine, Seconds{10})
                          .at(0);
  CHECK(t.site == "s");
  CHECK(t.jobs.power.least == 4000);
  CHECK(t.jobs.energy.least == 4 * 1000 + 7 * 3000);
  CHECK(t.jobs.carbon.least == 2 * t.jobs.energy.least);
  CHECK(t.jobs.electricity.least == 3 * t.jobs.energy.least);
  CHECK(t.jobs.cost.least == t.jobs.electricity.least + 5 * (4 + 7));
  CHECK(t.idle_nodes == 70);
  CHECK(t.idle.energy.least == Approx(50 * (100 * 10 - 10 * 4 - 20 * 7)));
  CHECK(t.with_idle.least == Approx(4000 + 50 * 70));
  // One after the other they are never together.
  const SiteTotal apart = site_totals({{"a", Seconds{0}, Seconds{3}, &a}, {"b", Seconds{3}, Seconds{10}, &b}},
                                      machine, Seconds{10})
                              .at(0);
  CHECK(apart.jobs.power.least == 3000);
}

TEST_CASE("the sum over jobs, idle nodes and time is what the meters see", "[metrics]") {
  REQUIRE(rc::check([] {
    const auto number = [](int most) { return *rc::gen::inRange(1, most); };
    const double duration = number(100);
    const std::vector<SiteDraw> machine{draw("x", 1000, number(10000)), draw("y", 1000, number(10000))};
    std::vector<std::vector<SiteDraw>> draws(static_cast<std::size_t>(number(6)));
    std::vector<JobDraws> jobs;
    std::set<double> times{0, duration};
    for (std::vector<SiteDraw>& one : draws) {
      for (const char* site : {"x", "y"})
        if (number(4) > 1) one.push_back(draw(site, number(100), number(100000) / 7.0));
      const double start = duration * number(10) / 20, end = start + (duration - start) * number(10) / 10;
      jobs.push_back({"j", Seconds{start}, Seconds{end}, &one});
      times.insert({start, end});
    }
    double seen = 0, most = 0;  // by the meters of both sites, interval by interval
    for (auto at = times.begin(); std::next(at) != times.end(); ++at) {
      double watts = 0, free[2] = {1000, 1000};
      for (const JobDraws& job : jobs)
        if (*at >= job.start.value && *at < job.end.value)
          for (const SiteDraw& d : *job.sites) {
            watts += d.power.value;
            free[d.site == "y"] -= static_cast<double>(d.nodes);
          }
      most = std::max(most, watts);
      for (int i : {0, 1}) watts += machine[static_cast<std::size_t>(i)].power.value * free[i] / 1000;
      seen += watts * (*std::next(at) - *at);
    }
    double told = 0, peaks = 0;
    for (const SiteTotal& t : site_totals(jobs, machine, Seconds{duration})) {
      told += t.jobs.energy.least + t.idle.energy.least;
      peaks += t.jobs.power.least;
      RC_ASSERT(t.jobs.energy.least == t.jobs.energy.most);
    }
    RC_ASSERT(std::abs(told / seen - 1) < 1e-9);
    RC_ASSERT(peaks >= most * (1 - 1e-9));  // the largest of each site need not be at one time
  }));
}

TEST_CASE("what is not known makes a range, or is named", "[metrics]") {
  std::vector<SiteDraw> a{draw("s", 10, 1000)}, b{draw("s", 10, 1000)}, c{draw("s", 10, 0)};
  b[0].at_most = Watts{2500};
  c[0].power = c[0].at_most = Watts{SiteDraw::untold};
  const Seconds end{2};
  SiteTotal t =
      site_totals({{"a", {}, end, &a}, {"b", {}, end, &b}, {"c", {}, end, &c}}, {draw("s", 30, 900)}, end)
          .at(0);
  CHECK(t.jobs.power.least == 2000);
  CHECK(t.jobs.power.most == 3500);
  CHECK(t.jobs.energy.most == 7000);
  CHECK(t.without == std::vector<std::string>{"c"});
  CHECK(t.idle_nodes == 0);
  a[0].price = EurosPerJoule{SiteDraw::untold};
  t = site_totals({{"a", {}, end, &a}}, {draw("s", 30, 900)}, end).at(0);
  CHECK_FALSE(t.jobs.cost.known());
  CHECK(t.jobs.carbon.known());
}

TEST_CASE("jobs that draw more than the site has are told", "[metrics]") {
  SiteTotal t;
  t.jobs.power = {36575, 36575};
  t.with_idle = {50e3, 50e3};
  CHECK(site_power_note(t).empty());  // the site does not say
  t.limit = Watts{50e3};
  CHECK(site_power_note(t).empty());
  t.limit = Watts{40e3};
  CHECK(
      site_power_note(t) ==
      "draws 0.03658 MW at the meter, 0.05 MW with the nodes that have no job, and the site has 0.04 MW for "
      "this machine");
  t.limit = Watts{30e3};
  CHECK(site_power_note(t) == "draws 0.03658 MW at the meter, and the site has 0.03 MW for this machine");
  t.jobs.power.least = 20e3;
  CHECK(site_power_note(t, "all jobs together draw") ==
        "all jobs together draw 0.02 to 0.03658 MW at the meter, and the site has 0.03 MW for this machine");
}

TEST_CASE("one limit bounds its machines alone", "[metrics]") {
  std::vector<SiteDraw> a{draw("s", 1, 10)}, b{draw("s", 1, 20)};
  b[0].meter = "s, for b";
  b[0].partition = "b";
  b[0].limit = Watts{15};
  const auto totals =
      site_totals({{"a", {}, Seconds{1}, &a}, {"b", {}, Seconds{1}, &b}}, {a[0], b[0]}, Seconds{1});
  REQUIRE(totals.size() == 2);
  CHECK(totals[0].jobs.power.least == 10);
  CHECK(site_power_note(totals[0]).empty());
  CHECK(site_power_note(totals[1]) ==
        "draws 2e-05 MW at the meter, and the site has 1.5e-05 MW for this machine");
}

}  // namespace aifsim
