// What training alone for some steps does to a step's time.
#include <catch2/catch.hpp>

#include "factory/alone.hpp"
#include "factory/training_table.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

TrainingJob job_on(const PlatformInstance* platform, std::int64_t gpus, std::int64_t local_steps) {
  const WorkloadDescription w = shipped().workload("gpt-2.7b");
  TrainingJob job{platform, w.model, w.training, shipped().stack("pytorch"), gpus, {}};
  job.training.sharding = Sharding::zero3;
  job.training.shard_group = 0;
  job.training.gradient_accumulation = 2;
  job.training.local_steps = local_steps;
  job.training.local_groups = local_steps > 0 ? 2 : 1;
  return job;
}

double seconds_alone(const TrainingJob& job, Fidelity fidelity) {
  return run_alone(job, fidelity).duration.value;
}

}  // namespace

TEST_CASE("with rare exchanges two islands are as quick as one, with more of them slower", "[factory]") {
  PlatformShelf shelf(shipped());
  const PlatformInstance* platform = shelf.find("meluxina_ai");
  for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow}) {
    const double alone = seconds_alone(job_on(platform, 16, 0), fidelity);
    CHECK(seconds_alone(job_on(platform, 32, 1'000'000), fidelity) == Approx(alone).epsilon(2e-3));
    double last = alone;
    for (const std::int64_t steps : {1000, 100, 10, 1}) {
      const double now = seconds_alone(job_on(platform, 32, steps), fidelity);
      CHECK(now > last * 0.999);
      last = now;
    }
    // Half of what an exchange adds goes where it comes half as often.
    const double ten = seconds_alone(job_on(platform, 32, 10), fidelity),
                 twenty = seconds_alone(job_on(platform, 32, 20), fidelity),
                 never = seconds_alone(job_on(platform, 32, 1'000'000'000), fidelity);
    CHECK(twenty - never == Approx((ten - never) / 2).epsilon(0.02));
  }
}

TEST_CASE("over two sites, training alone for a while beats sharing every step", "[factory]") {
  PlatformShelf shelf(shipped());
  const PlatformInstance* sites = shelf.find("federation:it4lia_ai+hammerhai");
  const double shared = seconds_alone(job_on(sites, 64, 0), Fidelity::analytical),
               local = seconds_alone(job_on(sites, 64, 500), Fidelity::analytical);
  CHECK(local < shared / 5);
  CHECK(seconds_alone(job_on(sites, 64, 100), Fidelity::flow) ==
        Approx(seconds_alone(job_on(sites, 64, 100), Fidelity::analytical)).epsilon(0.1));
}

}  // namespace aifsim
