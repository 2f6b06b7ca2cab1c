// What offloading costs in time: nothing over an endless link, and never less than where it goes over a quicker one.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "factory/alone.hpp"
#include "factory/training_table.hpp"
#include "metrics/step_account.hpp"
#include "program/check.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

const PlatformInstance& h100_nodes() {
  static PlatformShelf shelf(shipped());
  return *shelf.find("dgx_h100");
}
PlatformInstance with_link(double bytes_per_second) {
  GpuDescription gpu = h100_nodes().gpu;
  gpu.host.link_bandwidth.value = BytesPerSecond{bytes_per_second};
  gpu.host.copy_time.value = Seconds{0};
  return {h100_nodes().description, gpu};
}

TrainingJob offload_job(const PlatformInstance& platform, const OffloadDescription& offload,
                        std::int64_t stages = 1) {
  const WorkloadDescription w = shipped().workload("gpt-2.7b");
  TrainingJob job{&platform, w.model, w.training, shipped().stack("pytorch"), 16, {}};
  job.training.sharding = stages > 1 ? Sharding::zero1 : Sharding::zero3;
  job.training.shard_group = 0;
  job.training.micro_batch = 1;
  job.training.global_batch = 0;
  job.training.gradient_accumulation = 2 * stages;
  job.training.pipeline_parallel = stages;
  job.training.offload = offload;
  job.beyond_memory = true;
  return job;
}

constexpr OffloadTo none = OffloadTo::none, host = OffloadTo::host, nvme = OffloadTo::nvme;

}  // namespace

TEST_CASE("activations over an endless link cost nothing; the slower it is, the longer a step", "[factory]") {
  const PlatformInstance endless = with_link(1e18);
  for (const std::int64_t stages : {1, 4})
    for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow}) {
      CAPTURE(stages, name_of(fidelity));
      const double kept = step_of(offload_job(endless, {}, stages), fidelity);
      CHECK(step_of(offload_job(endless, {none, host, {}}, stages), fidelity) == Approx(kept).epsilon(1e-6));
      double last = kept;
      for (const double rate : {400e9, 100e9, 50e9, 25e9, 5e9}) {
        const PlatformInstance p = with_link(rate);
        const double now = step_of(offload_job(p, {none, host, {}}, stages), fidelity);
        CHECK(now >= last * (1 - 1e-9));
        CHECK(step_of(offload_job(p, {none, nvme, {}}, stages), fidelity) >= now * (1 - 1e-9));
        last = now;
      }
      CHECK(last > 1.5 * kept);
    }
}

TEST_CASE("where the link binds, a step takes what its copies take", "[factory]") {
  const PlatformInstance slow = with_link(2e9);
  const TrainingJob job = offload_job(slow, {none, host, {}});
  const TrainingRun one = run_training(job, Fidelity::analytical);
  double busy = 0;
  for (const PlanStream& stream : one.plan.roles.front().streams)
    if (stream.name == "to_host" || stream.name == "from_host")
      for_each_step(
          stream, [&](const PlanStep& s, std::int64_t n) { busy += s.time.value * static_cast<double>(n); });
  CHECK(one.timeline.duration.value == Approx(busy).epsilon(0.05));
  CHECK(step_account(one.timeline, one.timeline.duration).share(StepPart::offload) > 0.8);
}

TEST_CASE("all ways to offload take as long at every level", "[factory]") {
  const PlatformInstance& p = h100_nodes();
  for (const std::int64_t stages : {1, 2})
    for (const OffloadTo optimizer : {none, host, nvme})
      for (const OffloadTo activations : {none, host, nvme}) {
        CAPTURE(stages, static_cast<int>(optimizer), static_cast<int>(activations));
        const TrainingJob job = offload_job(p, {optimizer, activations, {}}, stages);
        const double flow = step_of(job, Fidelity::flow);
        CHECK(flow == Approx(step_of(job)).epsilon(0.02));
        if (optimizer == activations) CHECK(step_of(job, Fidelity::message) == Approx(flow).epsilon(0.02));
      }
  CHECK(step_of(offload_job(p, {nvme, none, {}})) > step_of(offload_job(p, {host, none, {}})));
  CHECK(step_of(offload_job(p, {host, none, {}})) > step_of(offload_job(p, {})));
}

TEST_CASE("an optimizer on drives waits for the slowest of reading, updating and writing", "[factory]") {
  PlatformDescription d = h100_nodes().description;
  const auto with_drives = [&](double read, double write, double rate) {
    d.node.nvme->read.value = BytesPerSecond{read};
    d.node.nvme->write.value = BytesPerSecond{write};
    const PlatformInstance p(d, h100_nodes().gpu);
    TrainingJob job = offload_job(p, {nvme, none, {}});
    job.stack.host_optimizer_rate.value = rate;
    const double drives = step_of(job);
    job.training.offload.optimizer = host;
    job.stack.host_optimizer_rate.value = 1e30;
    return drives - step_of(job);
  };
  // A node's GPUs hold the state of half of the model.
  const WorkloadDescription w = shipped().workload("gpt-2.7b");
  const double state = with_drives(1e9, 1e20, 1e30) * 1e9;
  CHECK(state == Approx(12 * 2.65e9 / 2).epsilon(0.05));
  CHECK(with_drives(1e20, 2e9, 1e30) == Approx(state / 2e9).epsilon(1e-3));
  CHECK(with_drives(3e9, 2e9, 1e30) == Approx(state / 2e9).epsilon(1e-3));
  CHECK(with_drives(1e20, 1e20, 1e9) == Approx(state / 12 / 1e9).epsilon(1e-3));
}

TEST_CASE("a checkpoint that is written meanwhile shares the drives with activations", "[factory]") {
  PlatformDescription d = h100_nodes().description;
  d.node.nvme->write.value = BytesPerSecond{5e9};
  const PlatformInstance p(d, h100_nodes().gpu);
  TrainingJob job = offload_job(p, {none, nvme, {}});
  for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow}) {
    job.training.checkpoint = {};
    const double alone = step_of(job, fidelity);
    job.training.checkpoint.steps = 1;
    job.training.checkpoint.tier = "nvme";
    job.training.checkpoint.asynchronous = true;
    // 14 bytes of each of 2.65 billion parameters, half of them on each of two nodes, behind the last activations.
    CHECK(step_of(job, fidelity) == Approx(alone + 14 * 2.65e9 / 2 / 5e9).epsilon(0.03));
  }
}

TEST_CASE("blocks of a network leave as layers do", "[factory]") {
  const WorkloadDescription w = shipped().workload("vit-l-16");
  TrainingJob job{&h100_nodes(), w.model, w.training, shipped().stack("pytorch"), 8, {}};
  const double kept = step_of(job);
  const MemoryAccount before = check_memory(job).use;
  job.training.offload.activations = host;
  CHECK(problems_of(program_of(job)).empty());
  CHECK(step_of(job) >= kept * (1 - 1e-9));
  CHECK(step_of(job, Fidelity::flow) == Approx(step_of(job)).epsilon(0.02));
  CHECK(check_memory(job).use.activations.value < before.activations.value / 2);
}

TEST_CASE("what hosts or drives do not hold is refused with what is there", "[factory]") {
  PlatformDescription d = h100_nodes().description;
  d.node.memory.value = Bytes{8e9};
  d.node.nvme->capacity.value = Bytes{9e9};
  const PlatformInstance small(d, h100_nodes().gpu);
  CHECK_THROWS_WITH(step_of(offload_job(small, {host, none, {}})),
                    Catch::Contains("of host memory in each node"));
  CHECK_THROWS_WITH(step_of(offload_job(small, {nvme, none, {}})), Catch::Contains("of drives in each node"));
  d.node.nvme.reset();
  const PlatformInstance none_at_all(d, h100_nodes().gpu);
  CHECK_THROWS_WITH(step_of(offload_job(none_at_all, {none, nvme, {}})),
                    Catch::Contains("have no drives of their own (node.nvme); host would do"));
}

}  // namespace aifsim
