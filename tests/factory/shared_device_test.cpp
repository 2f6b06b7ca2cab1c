// Jobs that hold a device of the platform in turn.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "factory/shared_fabric.hpp"
#include "factory/training_table.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

struct Holder {
  double compute, time;
  std::int64_t steps;
};

PlatformInstance machine_with(double count) {
  static const Catalog shipped{std::filesystem::path(test_root())};
  PlatformDescription platform = shipped.platform("lumi_ai");
  platform.devices = {{"qpu", {count, "", Confidence::assumed, {}}}};
  return {platform, shipped.gpu(platform.node.gpu)};
}

FabricInputs inputs_of(const PlatformInstance& platform, const std::vector<Holder>& holders,
                       Fidelity fidelity) {
  FabricInputs inputs;
  inputs.platform = &platform;
  inputs.fidelity = fidelity;
  for (const Holder& h : holders) {
    JobInputs& job = inputs.jobs.emplace_back();
    if (holders.size() > 1) job.description.name = "job" + std::to_string(inputs.jobs.size());
    job.description.gpus = 4;
    job.description.steps = h.steps;
    job.description.device = DeviceJobDescription{"qpu", Seconds{h.time}, Seconds{h.compute}, {}};
  }
  return inputs;
}

FabricRun run_of(const PlatformInstance& platform, const std::vector<Holder>& holders, Fidelity fidelity) {
  return run_on_fabric(inputs_of(platform, holders, fidelity));
}

}  // namespace

TEST_CASE("a job alone computes and holds its device at every level", "[factory]") {
  const PlatformInstance platform = machine_with(1);
  for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow, Fidelity::message}) {
    const FabricRun run = run_of(platform, {{3, 2, 4}}, fidelity);
    CHECK(run.duration.value == Approx(20));
    CHECK_THAT(run.jobs.front().figures.note, Catch::StartsWith("holds qpu for 40 % of the time, waits 0 s"));
  }
}

TEST_CASE("jobs take turns, first come, first served", "[factory]") {
  const PlatformInstance one = machine_with(1), three = machine_with(3);
  const std::vector<Holder> alike(3, {1, 2, 10});
  for (const Fidelity fidelity : {Fidelity::flow, Fidelity::message}) {
    const FabricRun queued = run_of(one, alike, fidelity);
    CHECK(queued.duration.value == Approx(1 + 3 * 10 * 2));  // the device is never idle once it is asked for
    for (const FabricJob& job : queued.jobs) {
      CHECK(job.slowdown == Approx(2).epsilon(0.1));
      CHECK(job.by.size() == 2);
    }
    CHECK(run_of(three, alike, fidelity).duration.value == Approx(30));
  }
  // The one that came before waits for nobody, a short one behind it waits for all of it.
  const FabricRun late = run_of(one, {{0, 100, 1}, {1, 1, 1}}, Fidelity::flow);
  CHECK(late.jobs[0].end.value == Approx(100));
  CHECK(late.jobs[1].end.value == Approx(101));
  PlatformInstance none = machine_with(1);
  none.description.devices.clear();
  CHECK_THROWS_WITH(run_of(none, {{1, 1, 1}}, Fidelity::flow),
                    "lumi_ai has no device qpu; it describes none");
}

TEST_CASE("no device is held by more jobs than there are, and none waits longer than for all others",
          "[factory]") {
  const bool held = rc::check([] {
    const auto count = *rc::gen::inRange(1, 4);
    const PlatformInstance platform = machine_with(count);
    std::vector<Holder> holders;
    for (int i = *rc::gen::inRange(1, 6); i > 0; --i)
      holders.push_back(
          {*rc::gen::inRange(0, 50) / 10.0, *rc::gen::inRange(1, 50) / 10.0, *rc::gen::inRange(1, 5)});
    const double duration = duration_on_fabric(inputs_of(platform, holders, Fidelity::flow)).value;
    double busy = 0, least = 0, most = 0;
    for (std::size_t i = 0; i < holders.size(); ++i) {
      const Holder& h = holders[i];
      const double steps = static_cast<double>(h.steps), own = steps * (h.compute + h.time);
      busy += steps * h.time;
      least = std::max(least, own);
      double others = 0;  // that come before it in each step: each at most once
      for (std::size_t k = 0; k < holders.size(); ++k)
        if (k != i) others += holders[k].time;
      most = std::max(most, own + steps * others);
    }
    RC_ASSERT(duration >= std::max(least, busy / count) * (1 - 1e-9));
    RC_ASSERT(duration <= most * (1 + 1e-9));
  });
  CHECK(held);
}

}  // namespace aifsim
