#include "lowering/training/activation_offload.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "base/error.hpp"
#include "lowering/training/host_state.hpp"
#include "lowering/training/layout_memory.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/memory.hpp"
#include "program/check.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

ModelDescription layers_of(std::int64_t layers) {
  ModelDescription m;
  m.layers = layers;
  m.hidden = 2048;
  m.heads = m.kv_heads = 16;
  m.ffn_hidden = 8192;
  m.vocabulary = 32000;
  return m;
}

TrainingDescription offloaded_training(OffloadTo to) {
  TrainingDescription t;
  t.sequence = 2048;
  t.micro_batch = 1;
  t.offload.activations = to;
  return t;
}

// Bytes that each stream of a role moves.
std::map<std::string, double> moved_by(const Role& role) {
  std::map<std::string, double> moved;
  for (const Stream& stream : role.streams)
    for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
      const double n = static_cast<double>(times);
      if (const auto* copy = std::get_if<Copy>(&op.what)) moved[stream.name] += n * copy->bytes.value;
      if (const auto* read = std::get_if<Read>(&op.what)) moved[stream.name] += n * read->bytes.value;
      if (const auto* write = std::get_if<Write>(&op.what)) moved[stream.name] += n * write->bytes.value;
    });
  return moved;
}

}  // namespace

TEST_CASE("offloaded activations go down and come back once in each micro-step", "[lowering]") {
  const ModelDescription m = layers_of(16);
  for (const Recompute recompute : {Recompute::none, Recompute::full})
    for (const OffloadTo to : {OffloadTo::host, OffloadTo::nvme}) {
      TrainingDescription t = offloaded_training(to);
      t.recompute = recompute;
      t.gradient_accumulation = 3;
      StackDescription stack;
      stack.allocated_per_held = 1.25;
      const double kept = kept_activations(m, t, stack, 8).value;
      if (recompute == Recompute::full) CHECK(kept == Approx(16 * 2048 * 2048 * 2.0));
      auto moved = moved_by(lower_training(m, t, stack, 8).roles.front());
      for (const char* stream : {"to_host", "from_host"}) CHECK(moved[stream] == Approx(3 * kept));
      for (const char* stream : {"to_drives", "from_drives"})
        CHECK(moved[stream] == Approx(to == OffloadTo::nvme ? 3 * kept : 0));
      const HostState state = host_state(m, t, stack, 8);
      CHECK((to == OffloadTo::nvme ? state.drives : state.memory).value == Approx(kept));
      CHECK((to == OffloadTo::nvme ? state.memory : state.drives).value == 0);
      // Of 16 layers three stay.
      const MemoryAccount with = layout_memory(m, t, stack, 8);
      t.offload = {};
      const MemoryAccount without = layout_memory(m, t, stack, 8);
      CHECK((without.activations - with.activations).value == Approx(1.25 * kept * 13 / 16));
      CHECK(with.buffers.value == without.buffers.value);
    }
}

TEST_CASE("whatever the layout, offloaded programs are well formed and hold no more", "[lowering]") {
  std::mt19937 random(7);
  const auto one_of = [&](std::initializer_list<std::int64_t> values) {
    return values.begin()[random() % values.size()];
  };
  int compared = 0;
  for (int i = 0; i < 400; ++i) {
    ModelDescription m = layers_of(one_of({1, 2, 3, 8, 16}));
    if (random() % 3 == 0) m.experts = {8, 2, 1024, 512, 1};
    TrainingDescription t = offloaded_training(random() % 2 ? OffloadTo::host : OffloadTo::nvme);
    t.offload.optimizer = static_cast<OffloadTo>(random() % 3);
    t.gradient_accumulation = one_of({1, 2, 4, 8});
    t.pipeline_parallel = one_of({1, 2, 4});
    t.virtual_stages = t.pipeline_parallel > 1 ? one_of({1, 2}) : 1;
    t.pipeline_schedule =
        t.virtual_stages == 1 && random() % 2 ? PipelineSchedule::gpipe : PipelineSchedule::one_f_one_b;
    t.sharding = static_cast<Sharding>(random() % 4);
    t.recompute = static_cast<Recompute>(random() % 3);
    Program program;
    try {
      program = lower_training(m, t, {}, 8);
    } catch (const CannotAnswer&) {
      continue;
    }
    ++compared;
    CAPTURE(i, m.layers, t.pipeline_parallel, t.virtual_stages, t.gradient_accumulation);
    CHECK(problems_of(program).empty());
    TrainingDescription without = t;
    without.offload.activations = OffloadTo::none;
    CHECK(peak_memory(program).total() <= peak_memory(lower_training(m, without, {}, 8)).total());
  }
  CHECK(compared > 200);
}

TEST_CASE("halves of backward passes are not offered beside offloaded activations", "[lowering]") {
  TrainingDescription t = offloaded_training(OffloadTo::host);
  t.sharding = Sharding::zero1;
  t.pipeline_parallel = 2;
  t.gradient_accumulation = 4;
  t.pipeline_schedule = PipelineSchedule::zero_bubble;
  CHECK_THROWS_WITH(lower_training(layers_of(16), t, {}, 8), Catch::Contains("offload.activations"));
}

}  // namespace aifsim
