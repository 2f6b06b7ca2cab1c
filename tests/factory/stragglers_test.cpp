#include "factory/stragglers.hpp"

#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <random>

#include "factory/training_job.hpp"
#include "factory/training_table.hpp"
#include "metrics/energy.hpp"
#include "metrics/step_account.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

TrainingJob straggling_job(const StragglersDescription& stragglers, std::int64_t stages) {
  static const Catalog catalog{std::filesystem::path(test_root())};
  static PlatformShelf shelf(catalog);
  const WorkloadDescription w = catalog.workload("gpt-2.7b");
  TrainingJob job{shelf.find("dgx_h100"), w.model, w.training, catalog.stack("pytorch"), 32, {}};
  job.training.sharding = stages > 1 ? Sharding::zero1 : Sharding::zero3;
  job.training.shard_group = 0;
  job.training.global_batch = 0;
  job.training.gradient_accumulation = 2 * stages;
  job.training.pipeline_parallel = stages;
  job.training.stragglers = stragglers;
  return job;
}

}  // namespace

TEST_CASE("the slowest of normal ranks is as late as tables of order statistics say", "[factory]") {
  CHECK(slowest_of(1, {0.02, 0, 0, {}}) == 1);
  CHECK(slowest_of(1000, {}) == 1);
  // Harter 1961, table 1: expected values of the largest of n.
  for (const auto& [n, score] : {std::pair{2, 0.56419}, {8, 1.42360}, {100, 2.50759}, {400, 2.96818}})
    CHECK((slowest_of(n, {0.02, 0, 0, {}}) - 1) / 0.02 == Approx(score).epsilon(1e-4));
  // Blom 1958: the quantile at (n - 3/8) / (n + 1/4), of 1000: 3.2268.
  CHECK((slowest_of(1000, {0.05, 0, 0, {}}) - 1) / 0.05 == Approx(3.2268).epsilon(0.01));
  CHECK(slowest_of(64, {0, 3, 0.1, {}}) == Approx(1.1));
}

TEST_CASE("the slowest rank is that of drawn ranks", "[factory]") {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (const StragglersDescription& s :
       {StragglersDescription{0.03, 0, 0, {}}, {0.03, 4, 0.05, {}}, {0.1, 1, 0.02, {}}}) {
    double sum = 0;
    constexpr int steps = 20000;
    for (int step = 0; step < steps; ++step) {
      double most = 0;
      for (int rank = 0; rank < 64; ++rank)
        most = std::max(most, (1 + s.jitter * normal(random)) * (rank < s.ranks ? 1 + s.slower : 1));
      sum += most;
    }
    CHECK(slowest_of(64, s) == Approx(sum / steps).epsilon(1e-3));
  }
}

TEST_CASE("more ranks, more jitter, more or slower stragglers never make it quicker", "[factory]") {
  CHECK(rc::check([] {
    const auto percent = [](int most) { return *rc::gen::inRange(0, most) / 100.0; };
    const StragglersDescription s{percent(30), *rc::gen::inRange<std::int64_t>(0, 9), percent(60), {}};
    const std::int64_t ranks = *rc::gen::inRange<std::int64_t>(1, 100'000);
    const double now = slowest_of(ranks, s), slack = 1e-9;
    RC_ASSERT(now >= 1 - slack);
    RC_ASSERT(slowest_of(2 * ranks, s) >= now - slack);
    for (const StragglersDescription& more : {StragglersDescription{s.jitter + 0.01, s.ranks, s.slower, {}},
                                              {s.jitter, s.ranks + 1, s.slower, {}},
                                              {s.jitter, s.ranks, s.slower + 0.1, {}}})
      RC_ASSERT(slowest_of(ranks, more) >= now - slack);
  }));
}

TEST_CASE("a step waits for its slowest rank, at every level, and says so", "[factory]") {
  for (const std::int64_t stages : {1, 4}) {
    const TrainingJob usual = straggling_job({}, stages), late = straggling_job({0.02, 0, 0, {}}, stages);
    const double f = slowest_of(32, late.training.stragglers);
    for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow}) {
      CAPTURE(stages, static_cast<int>(fidelity));
      const TrainingRun before = run_training(usual, fidelity), after = run_training(late, fidelity);
      const double grown = after.timeline.duration / before.timeline.duration;
      CHECK(grown > 1);
      CHECK(grown <= f * (1 + 1e-9));
      const double kernels = before.timeline.roles.front().times.compute / before.timeline.duration;
      CHECK(grown >= 1 + (f - 1) * 0.5 * kernels);
      const StepAccount account = step_account(after.timeline, after.timeline.duration);
      CHECK(account.share(StepPart::waiting) > 0.5 * (1 - 1 / f));
      const StepAccount unhurried = step_account(before.timeline, before.timeline.duration);
      CHECK(account.parts[0] == Approx(unhurried.parts[0]));  // products take what they took
      Metrics one, two;
      one[Metric::step_time].value = before.timeline.duration.value;
      two[Metric::step_time].value = after.timeline.duration.value;
      add_energy(one, usual.platform->gpu, before.plan);
      add_energy(two, late.platform->gpu, after.plan);
      CHECK(two[Metric::energy].value > one[Metric::energy].value);
      CHECK(two[Metric::energy].value < one[Metric::energy].value * grown);
    }
    CHECK(run_training(late, Fidelity::flow).timeline.duration.value ==
          Approx(run_training(late, Fidelity::analytical).timeline.duration.value).epsilon(0.03));
    CHECK(run_training(late, Fidelity::message).timeline.duration.value ==
          Approx(run_training(late, Fidelity::flow).timeline.duration.value).epsilon(0.03));
  }
  CHECK_THROWS_WITH(run_training(straggling_job({0, 40, 0.1, {}}, 1), Fidelity::analytical),
                    Catch::Contains("40 ranks that are slower are more than the 32 of the job"));
}

}  // namespace aifsim
