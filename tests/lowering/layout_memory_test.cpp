#include "lowering/training/layout_memory.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "lowering/training/lower.hpp"

namespace aifsim {
namespace {

ModelDescription some_model(bool experts) {
  ModelDescription m;
  m.layers = 24;
  m.hidden = 2048;
  m.heads = 16;
  m.kv_heads = 8;
  m.ffn_hidden = 8192;
  m.vocabulary = 32000;
  m.mlp = Mlp::swiglu;
  if (experts) m.experts = {16, 2, 1024, 512, 3};
  return m;
}

template <class T>
T one_of(std::mt19937& random, std::initializer_list<T> values) {
  return values.begin()[random() % values.size()];
}

}  // namespace

TEST_CASE("memory of a layout is the peak of its program, without the program", "[lowering]") {
  std::mt19937 random(16);
  int compared = 0;
  for (int i = 0; i < 4000; ++i) {
    const ModelDescription m = some_model(random() % 3 == 0);
    TrainingDescription t;
    t.sequence = 2048;
    t.micro_batch = one_of(random, {1, 2, 4});
    t.gradient_accumulation = one_of(random, {1, 2, 3, 8, 24, 40});
    t.tensor_parallel = one_of(random, {1, 2, 4});
    t.sequence_parallel = random() % 2;
    t.context_parallel = one_of(random, {1, 1, 2});
    t.pipeline_parallel = one_of(random, {1, 2, 4, 8});
    t.virtual_stages = one_of(random, {1, 1, 2, 3});
    t.pipeline_schedule = one_of(
        random, {PipelineSchedule::gpipe, PipelineSchedule::one_f_one_b, PipelineSchedule::zero_bubble});
    t.expert_parallel = m.experts.count > 0 ? one_of(random, {1, 2, 4}) : 1;
    t.sharding =
        one_of(random, {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp});
    t.shard_group = t.sharding == Sharding::hsdp ? 4 : 0;
    t.recompute = one_of(random, {Recompute::none, Recompute::selective, Recompute::full});
    t.recompute_layers = t.recompute == Recompute::full ? one_of(random, {0, 0, 1, 2}) : 0;
    if (random() % 2) t.recompute_modules = {RecomputeModule::layernorm};
    if (m.experts.count > 0 && random() % 2) t.recompute_modules.push_back(RecomputeModule::moe_act);
    t.offload.activations =
        one_of(random, {OffloadTo::none, OffloadTo::none, OffloadTo::host, OffloadTo::nvme});
    StackDescription stack;
    stack.cuts_by = one_of(random, {PieceCut::layers, PieceCut::work});
    stack.keeps_gathered = random() % 2;
    const std::int64_t gpus = one_of(random, {8, 16, 64, 128});
    MemoryAccount whole;
    try {
      whole = peak_memory(lower_training(m, t, stack, gpus));
    } catch (const CannotAnswer&) {
      CHECK_THROWS_AS(layout_memory(m, t, stack, gpus), CannotAnswer);
      continue;
    }
    const MemoryAccount quick = layout_memory(m, t, stack, gpus);
    ++compared;
    INFO(t.pipeline_parallel << " stages, " << t.virtual_stages << " pieces, " << t.gradient_accumulation
                             << " micro-steps, schedule " << static_cast<int>(t.pipeline_schedule));
    REQUIRE(quick.total().value == whole.total().value);
    REQUIRE(quick.activations.value == whole.activations.value);
  }
  CHECK(compared > 1000);
}

}  // namespace aifsim
