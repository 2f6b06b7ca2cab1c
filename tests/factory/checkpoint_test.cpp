// What a checkpoint costs a step: its bytes over what the tier takes, whatever the layout.
#include <catch2/catch.hpp>

#include "catalog/storage.hpp"
#include "engine/engine.hpp"
#include "factory/alone.hpp"
#include "factory/training_table.hpp"
#include "lowering/training/host_state.hpp"
#include "metrics/step_account.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

constexpr double kRate = 20e9;  // B/s that flash takes

const PlatformInstance& slow_flash() {
  static const PlatformInstance p = [] {
    PlatformDescription d = shipped().platform("mn5_acc");
    for (StorageTierDescription& tier : d.storage)
      if (tier.name == "flash") {
        tier.write.value = BytesPerSecond{kRate};
        tier.creates.value = 0;
        tier.latency.value = Seconds{};
      }
    d.node.nvme.emplace();
    d.node.nvme->read.value = d.node.nvme->write.value = BytesPerSecond{10e9};
    const GpuDescription gpu = shipped().gpu(d.node.gpu);
    return PlatformInstance(std::move(d), gpu);
  }();
  return p;
}

TrainingJob job_in_stages(std::int64_t stages) {
  const WorkloadDescription w = shipped().workload("gpt-6.7b");
  TrainingJob job{&slow_flash(), w.model, w.training, shipped().stack("nemo"), 64, {}};
  job.training.sharding = Sharding::zero1;
  job.training.shard_group = 0;
  job.training.micro_batch = 1;
  job.training.gradient_accumulation = 1;
  job.training.global_batch = 64 * 4 / stages;
  job.training.pipeline_parallel = stages;
  job.training.checkpoint = {};
  job.beyond_memory = true;
  return job;
}

}  // namespace

TEST_CASE("a checkpoint stops a step for its bytes over the tier's rate, however many stages write it",
          "[factory]") {
  for (const std::int64_t stages : {1, 2, 4})
    for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow, Fidelity::message}) {
      const double without = step_of(job_in_stages(stages), fidelity);
      for (const std::int64_t every : {1, 50}) {
        CAPTURE(stages, name_of(fidelity), every);
        TrainingJob job = job_in_stages(stages);
        job.training.checkpoint.steps = every;
        job.training.checkpoint.tier = "flash";
        const double due =
            checkpoint_size(trained_parameters(job.model, job.training), job.training, {}).value / kRate;
        const TrainingRun run = run_training(job, fidelity);
        const double stopped = run.timeline.duration.value - without;
        CHECK(stopped >= 0.999 * due / static_cast<double>(every));
        CHECK(stopped <= 1.1 * due / static_cast<double>(every));
        double sum = 0;
        for (const double part : step_account(run.timeline, run.timeline.duration).parts) sum += part;
        CHECK(sum == Approx(run.timeline.duration.value).epsilon(1e-6));
      }
    }
}

TEST_CASE("stages with other streams beside meet for all that a checkpoint writes and reads", "[factory]") {
  for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow, Fidelity::message})
    for (const bool asynchronous : {false, true}) {
      CAPTURE(name_of(fidelity), asynchronous);
      TrainingJob job = job_in_stages(4);
      const double without = step_of(job, fidelity);
      job.training.checkpoint.steps = 100;
      job.training.checkpoint.tier = "nvme";
      job.training.checkpoint.then = "flash";
      job.training.checkpoint.asynchronous = asynchronous;
      const double with = step_of(job, fidelity);
      CHECK(with >= without);
      CHECK(with < 2 * without);
    }
}

TEST_CASE("no step is shorter than what it writes beside training takes", "[factory]") {
  for (const bool by_rate : {false, true})
    for (const std::int64_t stages : {1, 2, 4}) {
      CAPTURE(by_rate, stages);
      TrainingJob job = job_in_stages(stages);
      const double without = step_of(job, Fidelity::analytical);
      job.training.checkpoint.steps = 1;
      job.training.checkpoint.asynchronous = true;
      if (by_rate)
        job.training.checkpoint.rate = BytesPerSecond{kRate};
      else
        job.training.checkpoint.tier = "flash";
      const double due =
          checkpoint_size(trained_parameters(job.model, job.training), job.training, {}).value / kRate;
      REQUIRE(due > 1.2 * without);
      CHECK(step_of(job, Fidelity::analytical) == Approx(due).epsilon(0.05));
      CHECK(analytical_duration(make_training_plan(job), nullptr, false).value ==
            Approx(step_of(job, Fidelity::analytical)).epsilon(1e-7));
      job.training.checkpoint.steps = 1000;
      CHECK(step_of(job, Fidelity::analytical) == Approx(without).epsilon(0.01));
    }
}

}  // namespace aifsim
