#include "lowering/training/lower.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/check.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

ModelDescription six_layers() {
  ModelDescription m;
  m.layers = 6;
  m.hidden = 512;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  return m;
}

TrainingDescription shard_training(Sharding sharding) {
  TrainingDescription t;
  t.sequence = 128;
  t.micro_batch = 1;
  t.sharding = sharding;
  if (sharding == Sharding::hsdp) t.shard_group = 4;
  return t;
}

struct Volume {
  double gathered = 0, scattered = 0, reduced = 0;
};

Volume volume(const Program& p) {
  Volume v;
  for (const auto& s : p.roles.front().streams)
    for_each_operation(s.operations, [&](const Operation& op, std::int64_t times) {
      const auto* c = std::get_if<Collective>(&op.what);
      if (!c) return;
      const double bytes = c->bytes.value * static_cast<double>(times);
      if (c->kind == CollectiveKind::all_gather) v.gathered += bytes;
      if (c->kind == CollectiveKind::reduce_scatter) v.scattered += bytes;
      if (c->kind == CollectiveKind::all_reduce) v.reduced += bytes;
    });
  return v;
}

std::vector<std::int64_t> members(const Program& p, std::size_t group) {
  return groups_of(p, p.groups[group], p.roles.front()).members.ranks();
}

}  // namespace

TEST_CASE("full sharding gathers the layers twice and scatters all gradients once", "[lowering]") {
  const auto m = six_layers();
  const auto t = shard_training(Sharding::zero3);
  const Volume v = volume(lower_training(m, t, {}, 16));
  const double layers = 2.0 * static_cast<double>(m.layers * layer_parameters(m));
  const double root = 2.0 * static_cast<double>(root_parameters(m, t.sequence));
  CHECK(v.gathered == Approx(2 * layers + root));
  CHECK(v.scattered == Approx(layers + root));
  CHECK(v.reduced == 0);
}

TEST_CASE("hybrid sharding also reduces each rank's shard between the copies", "[lowering]") {
  const auto m = six_layers();
  const auto t = shard_training(Sharding::hsdp);
  const Program p = lower_training(m, t, {}, 16);
  const Volume v = volume(p);
  CHECK(v.reduced == Approx(2.0 * static_cast<double>(total_parameters(m, t.sequence)) / 4));
  CHECK(members(p, 0) == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(members(p, 1) == std::vector<std::int64_t>{0, 4, 8, 12});
  CHECK(members(p, 2) == std::vector<std::int64_t>{0});
}

TEST_CASE(
    "tensor-parallel groups sum activations, and each rank's gradients go to its own data-parallel ranks",
    "[lowering]") {
  const auto m = six_layers();
  auto t = shard_training(Sharding::ddp);
  t.tensor_parallel = 4;
  const Program p = lower_training(m, t, {}, 16);
  CHECK(members(p, 1) == std::vector<std::int64_t>{0, 4, 8, 12});
  CHECK(members(p, 2) == std::vector<std::int64_t>{0, 1, 2, 3});
  double summed = 0, reduced = 0;
  for (const auto& s : p.roles.front().streams)
    for_each_operation(s.operations, [&](const Operation& op, std::int64_t times) {
      if (const auto* c = std::get_if<Collective>(&op.what))
        (c->group == 2 ? summed : reduced) += c->bytes.value * static_cast<double>(times);
    });
  const double activation = 2.0 * 128 * 512;
  CHECK(summed == Approx((4 * 6 + 2) * activation));  // four per layer, the embedding, the head
  CHECK(reduced ==
        Approx(2.0 * static_cast<double>(total_parameters(ModelShare(m, {.tensor = 4}), t.sequence))));
}

TEST_CASE("a tensor-parallel degree that does not divide the job or the model is named with both numbers",
          "[lowering]") {
  auto t = shard_training(Sharding::ddp);
  t.place = {"w.yaml", 3, 3};
  const auto message = [&](std::int64_t tensor, std::int64_t gpus, const ModelDescription& m) {
    t.tensor_parallel = tensor;
    try {
      layout_of(m, t, gpus);
    } catch (const CannotAnswer& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message(3, 16, six_layers()) ==
        "w.yaml:3:3: tensor_parallel 3 does not divide a job of 16 GPUs; a divisor of the GPU count would");
  CHECK(message(16, 16, six_layers()) ==
        "w.yaml:3:3: tensor_parallel 16 does not divide the 8 heads; a divisor of them would");
  auto grouped = six_layers();
  grouped.heads = 12;
  grouped.kv_heads = 3;
  CHECK(message(2, 16, grouped) ==
        "w.yaml:3:3: tensor_parallel 2 neither divides the 3 key and value heads nor is a multiple of them");
  auto odd = six_layers();
  odd.ffn_hidden = 2047;
  CHECK(message(2, 16, odd) ==
        "w.yaml:3:3: tensor_parallel 2 does not divide the feed-forward width 2047; a divisor of it would");
  t.sharding = Sharding::hsdp;
  t.shard_group = 3;
  CHECK(message(2, 16, six_layers()) ==
        "w.yaml:3:3: hybrid sharding over groups of 3 ranks does not divide the 8 data-parallel ranks (16 "
        "GPUs / "
        "tensor_parallel 2); shard_group must be a divisor of them");
}

TEST_CASE("ddp reduces every gradient once, and only at the last micro-step", "[lowering]") {
  const auto m = six_layers();
  auto t = shard_training(Sharding::ddp);
  t.gradient_accumulation = 3;
  StackDescription stack;
  stack.bucket_layers = 4;
  const Volume v = volume(lower_training(m, t, stack, 16));
  CHECK(v.reduced == Approx(2.0 * static_cast<double>(total_parameters(m, t.sequence))));
  CHECK(v.gathered == 0);
}

TEST_CASE("zero-1 and zero-2 scatter gradients and gather the parameters once", "[lowering]") {
  const auto m = six_layers();
  for (const auto sharding : {Sharding::zero1, Sharding::zero2}) {
    auto t = shard_training(sharding);
    t.gradient_accumulation = 2;
    const Volume v = volume(lower_training(m, t, {}, 8));
    const double p = 2.0 * static_cast<double>(total_parameters(m, t.sequence));
    CHECK(v.gathered == Approx(p));
    CHECK(v.scattered == Approx(sharding == Sharding::zero2 ? 2 * p : p));
  }
}

TEST_CASE("one GPU communicates with nobody", "[lowering]") {
  for (const auto sharding : {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3}) {
    const Volume v = volume(lower_training(six_layers(), shard_training(sharding), {}, 1));
    CHECK(v.gathered + v.scattered + v.reduced == 0);
  }
}

TEST_CASE("every program is well formed, and holds at the end what it held from the first step",
          "[lowering]") {
  for (const auto sharding :
       {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp})
    for (const std::int64_t prefetch : {0, 1, 3, 20})
      for (const std::int64_t accumulation : {1, 2, 5}) {
        auto t = shard_training(sharding);
        StackDescription stack;
        stack.prefetch = stack.max_gathers_in_flight = stack.bucket_layers = prefetch + 1;
        t.gradient_accumulation = accumulation;
        t.tensor_parallel = prefetch == 3 ? 2 : 1;
        const Program p = lower_training(six_layers(), t, stack, 8);
        CHECK(problems_of(p) == std::vector<std::string>{});
        double kept = 0;
        for_each_operation(p.roles[0].streams[0].operations, [&](const Operation& op, std::int64_t times) {
          const auto* hold = std::get_if<Hold>(&op.what);
          const auto* drop = std::get_if<Drop>(&op.what);
          if (hold && hold->purpose == MemoryPurpose::activations)
            kept += hold->bytes.value * static_cast<double>(times);
          if (drop) kept -= drop->bytes.value * static_cast<double>(times);
        });
        CHECK(std::abs(kept) < 1);
      }
}

}  // namespace aifsim
