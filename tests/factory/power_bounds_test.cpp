// Boards that are capped so that a rack, or the site, keeps to what it can be given.
#include "machine/power_bounds.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "factory/alone.hpp"
#include "machine/machine_figures.hpp"
#include "machine/plausible_platform.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

PlatformDescription racks_of(const char* name, double kilowatts) {
  PlatformDescription p = shipped().platform(name);
  p.power->rack_nodes.value = 18;
  p.power->rack.value = Watts{kilowatts * 1e3};
  p.power->rack.place = p.place;
  p.power->cap_gpus_to = {PowerBound::rack};
  return p;
}

PlatformDescription site_of(const char* name, double megawatts) {
  PlatformDescription p = shipped().platform(name);
  p.facility->power.value = Watts{megawatts * 1e6};
  p.facility->power.place = p.place;
  p.power->cap_gpus_to = {PowerBound::site};
  return p;
}

GpuDescription boards_of(const PlatformDescription& p) { return shipped().gpu(p.node.gpu); }

using Catch::Contains;

}  // namespace

TEST_CASE("all parts at their limits, boards capped, draw what the rack or the site gives") {
  const PlatformDescription racks = racks_of("gb200_nvl72", 100);
  const GpuDescription held = capped(boards_of(racks), racks);
  CHECK(held.power_cap < 0.95);
  CHECK(held.power_cap > 0.5);
  CHECK(held.power_cap.confidence == Confidence::derived);
  // The switches stand elsewhere.
  const Watts switches = *racks.power->fabric / racks.power->conversion * racks.nodes;
  CHECK(((power_at_limits(racks, held) - switches) * (18 / *racks.nodes)).value == Approx(100e3));
  CHECK(implausible(racks, boards_of(racks)).empty());
  CHECK_THAT(cap_note(racks, held), Contains("boards are held to ") && Contains("a rack keeps to 100kW"));

  const PlatformDescription site = site_of("mn5_acc", 4);
  CHECK(power_with_file_systems(site, boards_of(site)).value * *site.facility->cooling.pue == Approx(4e6));
  CHECK_THAT(cap_note(site, capped(boards_of(site), site)), Contains("the site keeps to 4MW"));
  CHECK(implausible(site, boards_of(site)).empty());
}

TEST_CASE("the tightest cap holds, and nothing is capped where there is enough") {
  PlatformDescription both = site_of("mn5_acc", 4);
  both.power->rack_nodes.value = 18;
  both.power->rack.value = Watts{50e3};
  both.power->cap_gpus_to = {PowerBound::rack, PowerBound::site};
  const double by_rack = capped(boards_of(both), both).power_cap;
  both.power->cap_gpus_to = {PowerBound::site};
  CHECK(by_rack < *capped(boards_of(both), both).power_cap);
  GpuDescription own = boards_of(both);
  own.power_cap.value = 0.4;
  CHECK(*capped(own, both).power_cap == 0.4);
  CHECK(cap_note(both, capped(own, both)).empty());  // its own holds it
  const PlatformDescription enough = racks_of("gb200_nvl72", 200);
  CHECK(*capped(boards_of(enough), enough).power_cap == 1);
  CHECK(cap_note(enough, boards_of(enough)).empty());
}

TEST_CASE("a job over several machines keeps to each one's rack and site") {
  PlatformDescription joined = shipped().platform("federation:it4lia_ai+hammerhai");
  REQUIRE(joined.spanned.size() == 2);
  CHECK(*capped(boards_of(joined), joined).power_cap == 1);
  SpannedPartition& second = joined.spanned[1];
  second.power->rack_nodes.value = 18;
  second.power->rack.value = Watts{90e3};
  second.power->cap_gpus_to = {PowerBound::rack};
  const double by_rack = *capped(boards_of(joined), joined).power_cap;
  CHECK(by_rack < 0.95);
  second.facility->power.value = Watts{0.8e6};
  second.power->cap_gpus_to = {PowerBound::rack, PowerBound::site};
  const GpuDescription by_site = capped(boards_of(joined), joined);
  CHECK(by_site.power_cap < by_rack);
  const PowerDescription& p = *second.power;
  const Watts each = boards_of_node(by_site, joined.node) + node_but_boards(p, joined.node) + *p.fabric;
  CHECK(((each / p.conversion + file_systems_of_node(joined, second.name)) * second.nodes *
         *second.facility->cooling.pue)
            .value == Approx(0.8e6));
}

TEST_CASE("a rack that cannot feed idle boards is refused, and warned of") {
  const PlatformDescription starved = racks_of("gb200_nvl72", 30);
  CHECK_THROWS_WITH(
      PlatformInstance(starved, boards_of(starved)),
      Contains("a rack of 18 nodes gets 30kW, which leaves") && Contains("fewer nodes, or more power"));
  const std::vector<Problem> problems = implausible(starved, boards_of(starved));
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front().message, Contains("a rack of 18 nodes gets 30kW"));
}

TEST_CASE("a step takes longer on boards that a rack caps, and draws less") {
  TrainingJob job;
  job.model = shipped().workload("llama3-8b").model;
  job.training = shipped().workload("llama3-8b").training;
  job.gpus = 64;
  const auto figures = [&](double kilowatts) {
    const PlatformDescription p = racks_of("gb200_nvl72", kilowatts);
    const PlatformInstance platform(p, boards_of(p));
    job.platform = &platform;
    const FabricRun run = run_alone(job, Fidelity::analytical);
    const JobFigures& f = run.jobs.front().figures;
    return std::pair{f.metrics[Metric::step_time].value, f.metrics[Metric::meter_power].value};
  };
  const auto free = figures(200), held = figures(80);
  CHECK(held.first > 1.01 * free.first);
  CHECK(held.second < free.second);
}

}  // namespace aifsim
