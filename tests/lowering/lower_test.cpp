#include "lowering/training/lower.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "lowering/training/model_shape.hpp"

namespace aifsim {
namespace {

ModelDescription small() {
  ModelDescription m;
  m.layers = 6;
  m.hidden = 512;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  return m;
}

TrainingDescription training(Sharding sharding) {
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
    for (const auto& op : s.operations)
      if (const auto* c = std::get_if<Collective>(&op.what)) {
        if (c->kind == CollectiveKind::all_gather) v.gathered += c->bytes.value;
        if (c->kind == CollectiveKind::reduce_scatter) v.scattered += c->bytes.value;
        if (c->kind == CollectiveKind::all_reduce) v.reduced += c->bytes.value;
      }
  return v;
}

const SoftwareDescription no_host_work{};

}  // namespace

TEST_CASE("full sharding gathers the layers twice and scatters all gradients once", "[lowering]") {
  const auto m = small();
  const auto t = training(Sharding::zero3);
  const Volume v = volume(lower_training(m, t, no_host_work, 16));
  const double layers = 2.0 * static_cast<double>(m.layers * layer_parameters(m));
  const double root = 2.0 * static_cast<double>(root_parameters(m, t.sequence));
  CHECK(v.gathered == Approx(2 * layers + root));
  CHECK(v.scattered == Approx(layers + root));
  CHECK(v.reduced == 0);
}

TEST_CASE("hybrid sharding also reduces each rank's shard between the copies", "[lowering]") {
  const auto m = small();
  const auto t = training(Sharding::hsdp);
  const Program p = lower_training(m, t, no_host_work, 16);
  const Volume v = volume(p);
  CHECK(v.reduced == Approx(2.0 * static_cast<double>(total_parameters(m, t.sequence)) / 4));
  REQUIRE(p.communicators.size() == 2);
  CHECK(p.communicators[0].size == 4);
  CHECK(p.communicators[0].stride == 1);
  CHECK(p.communicators[1].size == 4);
  CHECK(p.communicators[1].stride == 4);
}

TEST_CASE("ddp reduces every gradient once, and only at the last micro-step", "[lowering]") {
  const auto m = small();
  auto t = training(Sharding::ddp);
  t.gradient_accumulation = 3;
  t.bucket_layers = 4;
  const Volume v = volume(lower_training(m, t, no_host_work, 16));
  CHECK(v.reduced == Approx(2.0 * static_cast<double>(total_parameters(m, t.sequence))));
  CHECK(v.gathered == 0);
}

TEST_CASE("zero-1 and zero-2 scatter gradients and gather the parameters once", "[lowering]") {
  const auto m = small();
  for (const auto sharding : {Sharding::zero1, Sharding::zero2}) {
    auto t = training(sharding);
    t.gradient_accumulation = 2;
    const Volume v = volume(lower_training(m, t, no_host_work, 8));
    const double p = 2.0 * static_cast<double>(total_parameters(m, t.sequence));
    CHECK(v.gathered == Approx(p));
    CHECK(v.scattered == Approx(sharding == Sharding::zero2 ? 2 * p : p));
  }
}

TEST_CASE("one GPU communicates with nobody", "[lowering]") {
  for (const auto sharding : {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3}) {
    const Volume v = volume(lower_training(small(), training(sharding), no_host_work, 1));
    CHECK(v.gathered + v.scattered + v.reduced == 0);
  }
}

TEST_CASE("every event that is waited for is recorded exactly once", "[lowering]") {
  for (const auto sharding :
       {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp})
    for (const std::int64_t prefetch : {0, 1, 3}) {
      auto t = training(sharding);
      t.prefetch = prefetch;
      t.gradient_accumulation = 2;
      const Program p = lower_training(small(), t, no_host_work, 8);
      std::multiset<std::size_t> recorded;
      std::set<std::size_t> waited;
      for (const auto& s : p.roles.front().streams)
        for (const auto& op : s.operations) {
          if (const auto* r = std::get_if<Record>(&op.what)) recorded.insert(r->event);
          if (const auto* w = std::get_if<Wait>(&op.what)) waited.insert(w->event);
        }
      for (const auto e : waited) CHECK(recorded.count(e) == 1);
    }
}

}  // namespace aifsim
