#include "lowering/training/host_state.hpp"

#include <catch2/catch.hpp>

#include "lowering/training/layout_memory.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"

namespace aifsim {
namespace {

ModelDescription host_model() {
  ModelDescription m;
  m.layers = 16;
  m.hidden = 2048;
  m.heads = m.kv_heads = 16;
  m.ffn_hidden = 8192;
  m.vocabulary = 32000;
  return m;
}

TrainingDescription host_training(Sharding sharding) {
  TrainingDescription t;
  t.sequence = 2048;
  t.micro_batch = 1;
  t.sharding = sharding;
  return t;
}

struct Asked {
  double down = 0, up = 0, host = 0;
};

// Bytes over the link to the host, and the host's time, of a step.
Asked asked_of(const TrainingDescription& t, const StackDescription& stack, std::int64_t gpus) {
  const Program program = lower_training(host_model(), t, stack, gpus);
  Asked all;
  for (const Stream& stream : program.roles.front().streams)
    for (const Operation& op : stream.operations) {
      if (const auto* h = std::get_if<HostWork>(&op.what)) all.host += h->time.value;
      const auto* k = std::get_if<Kernel>(&op.what);
      if (const auto* copy = k ? std::get_if<HostTransfer>(&k->op) : nullptr)
        (copy->path == HostPath::to_host_pinned ? all.down : all.up) += copy->bytes.value;
    }
  return all;
}

}  // namespace

TEST_CASE("an offloaded optimizer frees 12 bytes for each parameter that the rank updates", "[lowering]") {
  const double p = parameters_of(host_model(), 2048);
  for (const Sharding sharding : {Sharding::ddp, Sharding::zero1, Sharding::zero3}) {
    TrainingDescription t = host_training(sharding);
    const MemoryAccount with = layout_memory(host_model(), t, {}, 8);
    t.offload.optimizer = OffloadTo::host;
    const MemoryAccount without = layout_memory(host_model(), t, {}, 8);
    const double shard = sharding == Sharding::ddp ? p : p / 8;
    CHECK(without.optimizer.value == 0);
    CHECK(with.optimizer.value == Approx(8 * shard));
    // zero3 holds the weights of compute in place of those of fp32.
    CHECK((with.parameters - without.parameters).value ==
          Approx((sharding == Sharding::zero3 ? 2 : 4) * shard));
    CHECK(host_state(host_model(), t, {}, 8).memory.value == Approx(16 * shard));
    CHECK(host_state(host_model(), t, {}, 8).drives.value == 0);
    StackDescription stack;
    stack.host_optimizer_rate.value = 1e9;
    const Asked asked = asked_of(t, stack, 8);
    CHECK(asked.down == Approx(2 * shard));
    CHECK(asked.up == Approx(2 * shard));
    CHECK(asked.host == Approx(shard / 1e9));
  }
}

TEST_CASE("a checkpoint stops each step for its part of it", "[lowering]") {
  TrainingDescription t = host_training(Sharding::zero3);
  t.checkpoint.steps = 100;
  t.checkpoint.rate = BytesPerSecond{1e9};
  const double size = checkpoint_size(trained_parameters(host_model(), t), t, {}).value;
  CHECK(size == Approx(14 * parameters_of(host_model(), 2048)));
  CHECK(asked_of(t, {}, 8).host == Approx(size / 1e9 / 100));
  const Program program = lower_training(host_model(), t, {}, 8);
  for (const Stream& stream : program.roles.front().streams)
    for (const Operation& op : stream.operations)
      if (op.label.text == "checkpoint") CHECK(stream.name == "checkpoint");  // storage, not the host
  t.checkpoint.asynchronous = true;
  CHECK(asked_of(t, {}, 8).host == Approx(size / 1e9 / 100));  // beside the step, from its beginning
  CHECK(asked_of(t, {}, 8).down == Approx(size / 8 / 100));
  t.lora_rank = 16;
  CHECK(checkpoint_size(trained_parameters(host_model(), t), t, {}).value < 0.02 * size);
}

namespace {

struct Files {
  std::string stream, tier;
  bool write = false;
  double bytes = 0, files = 0;
};
std::vector<Files> files_of(const TrainingDescription& t, std::int64_t gpus) {
  const Program program = lower_training(host_model(), t, {}, gpus);
  std::vector<Files> all;
  for (const Stream& stream : program.roles.front().streams)
    for (const Operation& op : stream.operations) {
      if (const auto* r = std::get_if<Read>(&op.what))
        all.push_back({stream.name, r->tier, false, r->bytes.value, r->files});
      if (const auto* w = std::get_if<Write>(&op.what))
        all.push_back({stream.name, w->tier, true, w->bytes.value, w->files});
    }
  return all;
}

}  // namespace

TEST_CASE("a checkpoint goes to a tier, at once, beside training, or by way of drives", "[lowering]") {
  TrainingDescription t = host_training(Sharding::zero3);
  t.checkpoint.steps = 100;
  t.checkpoint.tier = "flash";
  const double own = checkpoint_size(trained_parameters(host_model(), t), t, {}).value / 8 / 100;
  std::vector<Files> all = files_of(t, 8);
  REQUIRE(all.size() == 1);
  CHECK(all[0].stream == "compute");
  CHECK(all[0].write);
  CHECK(all[0].bytes == Approx(own));
  CHECK(all[0].files == Approx(0.01));
  CHECK(asked_of(t, {}, 8).down == Approx(own));

  t.checkpoint.asynchronous = true;
  all = files_of(t, 8);
  REQUIRE(all.size() == 1);
  CHECK(all[0].stream == "checkpoint");

  t.checkpoint.asynchronous = false;
  t.checkpoint.tier = "nvme";
  t.checkpoint.then = "flash";
  all = files_of(t, 8);
  REQUIRE(all.size() == 3);
  CHECK((all[0].stream == "compute" && all[0].tier == "nvme" && all[0].write));
  CHECK((all[1].stream == "checkpoint" && all[1].tier == "nvme" && !all[1].write));
  CHECK((all[2].stream == "checkpoint" && all[2].tier == "flash" && all[2].write));
}

TEST_CASE("an optimizer on drives is read and written once, its gradients stay in host memory",
          "[lowering]") {
  const double shard = parameters_of(host_model(), 2048) / 8;
  TrainingDescription t = host_training(Sharding::zero3);
  t.offload.optimizer = OffloadTo::host;
  const MemoryAccount host = layout_memory(host_model(), t, {}, 8);
  const Asked asked_of_host = asked_of(t, {}, 8);
  t.offload.optimizer = OffloadTo::nvme;
  CHECK(layout_memory(host_model(), t, {}, 8).total().value == host.total().value);
  CHECK(asked_of(t, {}, 8).down == asked_of_host.down);
  CHECK(asked_of(t, {}, 8).host == asked_of_host.host);
  CHECK(host_state(host_model(), t, {}, 8).memory.value == Approx(4 * shard));
  CHECK(host_state(host_model(), t, {}, 8).drives.value == Approx(12 * shard));
  const std::vector<Files> all = files_of(t, 8);
  REQUIRE(all.size() == 2);
  for (const Files& one : all) {
    CHECK(one.tier == "nvme");
    CHECK(one.stream == (one.write ? "to_drives" : "from_drives"));
    CHECK(one.bytes == Approx(12 * shard));
  }
  CHECK(all[0].write != all[1].write);
}

TEST_CASE("samples are read once, by the ranks that share them", "[lowering]") {
  TrainingDescription t = host_training(Sharding::zero3);
  t.data = DataDescription{"flash", Bytes{4}, 1 << 20, {}};
  t.gradient_accumulation = 3;
  for (const std::int64_t tensor : {1, 2}) {
    t.tensor_parallel = tensor;
    const std::vector<Files> all = files_of(t, 8);
    REQUIRE(all.size() == 1);
    CHECK(all[0].stream == "data");
    CHECK(all[0].bytes == Approx(4.0 * 3 * 2048 / static_cast<double>(tensor)));
    CHECK(all[0].files == Approx(3.0 * 2048 / static_cast<double>(tensor) / (1 << 20)));
  }
}

}  // namespace aifsim
