// Groups of ranks that train alone for some steps.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/check.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

ModelDescription island_model(bool experts) {
  ModelDescription m;
  m.layers = 8;
  m.hidden = 512;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  if (experts) m.experts = {.count = 16, .per_token = 2, .ffn_hidden = 256};
  return m;
}

TrainingDescription island_training(Sharding sharding) {
  TrainingDescription t;
  t.sequence = 256;
  t.micro_batch = 2;
  t.gradient_accumulation = 4;
  t.sharding = sharding;
  t.local_steps = 50;
  t.local_groups = 2;
  if (sharding == Sharding::hsdp) t.shard_group = 4;
  return t;
}

// Bytes of the exchanges between islands that all ranks bring, and how often they happen.
double exchanged(const Program& p, std::int64_t every) {
  double sum = 0;
  for (const Role& role : p.roles)
    for (const Stream& stream : role.streams)
      for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
        const auto* c = std::get_if<Collective>(&op.what);
        if (!c || p.groups[c->group].name != "islands") return;
        CHECK(c->every == every);
        CHECK(times == 1);
        sum += c->bytes.value * static_cast<double>(ranks_of(p, role).size());
      });
  return sum;
}

}  // namespace

TEST_CASE("islands exchange each trained parameter once, between ranks half the job apart", "[lowering]") {
  for (const bool experts : {false, true})
    for (const Sharding sharding :
         {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp})
      for (const std::int64_t tensor : {1, 2})
        for (const std::int64_t pipeline : {1, 2}) {
          if ((experts || pipeline > 1) && (sharding == Sharding::zero3 || sharding == Sharding::hsdp))
            continue;
          const ModelDescription m = island_model(experts);
          TrainingDescription t = island_training(sharding);
          t.tensor_parallel = tensor;
          t.sequence_parallel = tensor > 1;
          t.pipeline_parallel = pipeline;
          if (experts) t.expert_parallel = 4;
          INFO(experts << ' ' << static_cast<int>(sharding) << ' ' << tensor << ' ' << pipeline);
          const Program p = lower_training(m, t, {}, 32);
          CHECK(p.ranks() == 32);
          CHECK(problems_of(p).empty());
          const double whole = 2 * 2 * parameters_of(m, t.sequence);  // two islands, bf16
          CHECK(exchanged(p, 50) == Approx(whole).epsilon(0.02));  // norms are every tensor-parallel rank's
          const GroupRanks ranks = groups_of(p, p.groups.back(), p.roles.front());
          CHECK(ranks.members.ranks() == std::vector<std::int64_t>{0, 16});
        }
}

TEST_CASE("an island is laid out as a job of its own", "[lowering]") {
  TrainingDescription t = island_training(Sharding::zero3);
  const Layout two = layout_of(island_model(false), t, 32);
  t.local_steps = 0;
  t.local_groups = 1;
  const Layout one = layout_of(island_model(false), t, 16);
  CHECK(two.state_shards == one.state_shards);
  CHECK(two.data == 2 * one.data);
  CHECK(two.gpus() == 32);
}

TEST_CASE("islands that do not divide the ranks are refused", "[lowering]") {
  TrainingDescription t = island_training(Sharding::zero1);
  t.local_groups = 3;
  CHECK_THROWS_WITH(layout_of(island_model(false), t, 32),
                    Catch::Contains("local_groups 3 does not divide the 32"));
}

}  // namespace aifsim
