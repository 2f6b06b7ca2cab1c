#include "lowering/training/memory.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

ModelDescription gpt13b() {
  ModelDescription m;
  m.layers = 40;
  m.hidden = 5120;
  m.heads = m.kv_heads = 40;
  m.ffn_hidden = 20480;
  m.vocabulary = 50304;
  return m;
}

TrainingDescription full_shard() {
  TrainingDescription t;
  t.sequence = 4096;
  t.micro_batch = 1;
  t.sharding = Sharding::zero3;
  return t;
}

MemoryAccount training_memory_of(const ModelDescription& m, const TrainingDescription& t, std::int64_t gpus) {
  return peak_memory(lower_training(m, t, {}, gpus));
}

}  // namespace

TEST_CASE("the sharded state is 16 bytes per parameter, divided by the ranks that share it", "[lowering]") {
  const auto m = gpt13b();
  const double p = static_cast<double>(total_parameters(m, 4096));
  const auto memory = training_memory_of(m, full_shard(), 8);
  CHECK(memory.parameters.value + memory.gradients.value + memory.optimizer.value == Approx(16 * p / 8));
  auto ddp = full_shard();
  ddp.sharding = Sharding::ddp;
  const auto whole = training_memory_of(m, ddp, 8);
  CHECK(whole.optimizer.value == Approx(8 * p));
  CHECK(whole.parameters.value == Approx(6 * p));
  auto hybrid = full_shard();
  hybrid.sharding = Sharding::hsdp;
  hybrid.shard_group = 4;
  CHECK(training_memory_of(m, hybrid, 64).optimizer.value == Approx(8 * p / 4));
}

TEST_CASE("full sharding that gathers embedding and head apart holds the larger of them", "[lowering]") {
  ModelDescription m = gpt13b();
  m.tied_embeddings = false;
  m.final_norm = false;
  m.position = PositionEncoding::rotary;
  const TrainingDescription t = full_shard();
  StackDescription apart;
  apart.ends_apart = true;
  const double one = 50304.0 * 5120;  // 2 bytes gathered, 2 of gradients
  CHECK(peak_memory(lower_training(m, t, {}, 8)).buffers.value -
            peak_memory(lower_training(m, t, apart, 8)).buffers.value ==
        Approx(4 * one));
}

TEST_CASE("recompute keeps one activation per layer", "[lowering]") {
  auto t = full_shard();
  const auto kept = training_memory_of(gpt13b(), t, 8).activations;
  t.recompute = Recompute::full;
  const auto recomputed = training_memory_of(gpt13b(), t, 8).activations;
  const double unit = 4096.0 * 5120 * 2, logits = 4096.0 * 50304 * 10;
  // 16 units per GPT layer: 4 for norms and residuals, 3 for q, k, v, 1 for attention, 8 for the MLP.
  CHECK(kept.value == Approx(40 * 16 * unit + logits));
  CHECK(recomputed.value == Approx(40 * unit + 16 * unit + logits));
}

TEST_CASE("13B on 8 GPUs of 64 GB just fits, as its measured run did", "[lowering]") {
  const double total = training_memory_of(gpt13b(), full_shard(), 8).total().value / (1024.0 * 1024 * 1024);
  CHECK(total < 64);
  CHECK(total > 50);
}

TEST_CASE("a shard group that does not divide the job is an error that names both numbers", "[lowering]") {
  auto t = full_shard();
  t.sharding = Sharding::hsdp;
  t.shard_group = 6;
  t.place = {"w.yaml", 7, 3};
  CHECK_THROWS_WITH(layout_of(gpt13b(), t, 64), Catch::Contains("w.yaml:7:3") &&
                                                    Catch::Contains("groups of 6 GPUs") &&
                                                    Catch::Contains("64 GPUs"));
}

}  // namespace aifsim
