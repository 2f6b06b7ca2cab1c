// Muon: what a rank makes orthogonal, what it holds, and what full sharding exchanges for it.
#include "lowering/training/muon.hpp"

#include <catch2/catch.hpp>

#include "lowering/training/host_state.hpp"
#include "lowering/training/lower.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

ModelDescription of_layers(std::int64_t layers) {
  ModelDescription m;
  m.layers = layers;
  m.hidden = 256;
  m.heads = m.kv_heads = 4;
  m.ffn_hidden = 1024;
  m.vocabulary = 1000;
  m.norm = NormKind::plain_norm;
  m.position = PositionEncoding::rotary;
  return m;
}

TrainingDescription muon_training(Sharding sharding, OptimizerKind optimizer = OptimizerKind::muon) {
  TrainingDescription t;
  t.sequence = 128;
  t.micro_batch = 1;
  t.sharding = sharding;
  t.optimizer = optimizer;
  return t;
}

// Operations of the products of the step of one rank that stand in no other optimizer's.
double iterations(const ModelDescription& m, Sharding sharding, std::int64_t gpus,
                  const TrainingDescription* changed = nullptr) {
  double sum = 0;
  TrainingDescription t = changed ? *changed : muon_training(sharding);
  for (const OptimizerKind optimizer : {OptimizerKind::muon, OptimizerKind::adamw}) {
    t.optimizer = optimizer;
    const Program p = lower_training(m, t, {}, gpus);
    CHECK(problems_of(p) == std::vector<std::string>{});
    for (const Stream& stream : p.roles.front().streams)
      for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
        const auto* k = std::get_if<Kernel>(&op.what);
        const auto* g = k ? std::get_if<Gemm>(&k->op) : nullptr;
        if (g)
          sum += (optimizer == OptimizerKind::muon ? 2.0 : -2.0) *
                 static_cast<double>(g->m * g->n * g->k * k->count * times);
      });
  }
  return sum;
}

double of_matrix(double r, double c) { return 5 * (4 * r * r * c + 2 * r * r * r); }

// Queries, keys and values at once; attention's output; both of the feed-forward block.
double of_layer() { return of_matrix(256, 768) + of_matrix(256, 256) + 2 * of_matrix(256, 1024); }

}  // namespace

TEST_CASE("matrices are made orthogonal by five iterations, by each rank that shares no state",
          "[lowering]") {
  CHECK(iterations(of_layers(3), Sharding::ddp, 8) == Approx(3 * of_layer()));
}

TEST_CASE("ranks that share the state deal the matrices out, the largest first", "[lowering]") {
  // Of 8 layers' 32 matrices each of 8 ranks has 4: of each kind as many as there are layers for each.
  CHECK(iterations(of_layers(8), Sharding::zero1, 8) == Approx(of_layer()));
  // No rank has less than one where there are more ranks than matrices.
  CHECK(iterations(of_layers(1), Sharding::zero1, 64) == Approx(of_matrix(256, 1024)));
  // In all at least the work, and no more than one matrix above the mean for the busiest.
  for (const std::int64_t ranks : {1, 2, 3, 5, 7, 16, 31}) {
    const double busiest = iterations(of_layers(6), Sharding::zero1, ranks),
                 mean = 6 * of_layer() / static_cast<double>(ranks);
    INFO(ranks << " ranks");
    CHECK(busiest >= mean * (1 - 1e-9));
    CHECK(busiest <= mean + of_matrix(256, 1024));
  }
}

TEST_CASE("experts' matrices are dealt out among the ranks that hold the same ones", "[lowering]") {
  ModelDescription m = of_layers(4);
  m.experts = {.count = 8, .per_token = 2, .ffn_hidden = 512};
  TrainingDescription t = muon_training(Sharding::zero1);
  t.expert_parallel = 4;
  const double router = of_matrix(8, 256), attention = of_matrix(256, 768) + of_matrix(256, 256),
               expert = 2 * of_matrix(256, 512);
  // Eight ranks: half of four layers' three other matrices each, eight experts of the rank's on two.
  CHECK(iterations(m, Sharding::zero1, 8, &t) ==
        Approx(4 * 2 / 2.0 * expert + (4 * (attention + router)) / 8).epsilon(0.5));
  t.sharding = Sharding::ddp;
  CHECK(iterations(m, Sharding::ddp, 8, &t) == Approx(4 * (2 * expert + attention + router)));
}

TEST_CASE("one average of matrices is held, two of all else", "[lowering]") {
  const ModelDescription m = of_layers(8);
  const auto held = [&](OptimizerKind optimizer) {
    return peak_memory(lower_training(m, muon_training(Sharding::zero1, optimizer), {}, 8)).optimizer.value;
  };
  const double matrices = 8.0 * 256 * (768 + 256 + 1024 + 1024);
  CHECK(held(OptimizerKind::adamw) - held(OptimizerKind::muon) == Approx(4 * matrices / 8));
  const Updated all = trained_parameters(m, muon_training(Sharding::zero1));
  CHECK(all.matrices == Approx(matrices));
  CHECK(checkpoint_size(all, muon_training(Sharding::zero1), {}).value ==
        Approx(14 * all.all - 4 * matrices));
}

TEST_CASE("a rank with most matrices holds what it needs for them, however many ranks there are",
          "[lowering]") {
  const ModelDescription m = of_layers(1);
  const auto held = [&](OptimizerKind optimizer, std::int64_t ranks) {
    return peak_memory(lower_training(m, muon_training(Sharding::zero1, optimizer), {}, ranks));
  };
  const double largest = 256.0 * 1024, matrices = 256.0 * (768 + 256 + 1024 + 1024), ranks = 256;
  const MemoryAccount adamw = held(OptimizerKind::adamw, 256), muon = held(OptimizerKind::muon, 256);
  CHECK(muon.optimizer.value == Approx(adamw.optimizer.value + 4 * largest - 8 * matrices / ranks));
  CHECK(muon.parameters.value == Approx(adamw.parameters.value + 4 * (largest - matrices / ranks)));
  CHECK(held(OptimizerKind::muon, 512).optimizer.value >= 4 * largest);
}

TEST_CASE("what full sharding has cut is exchanged for whole matrices and back", "[lowering]") {
  const auto exchanged = [&](Sharding sharding) {
    const Program p = lower_training(of_layers(4), muon_training(sharding), {}, 8);
    double sum = 0;
    for (const Stream& stream : p.roles.front().streams)
      for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
        const auto* c = std::get_if<Collective>(&op.what);
        if (c && c->kind == CollectiveKind::all_to_all) sum += c->bytes.value * static_cast<double>(times);
      });
    return sum;
  };
  CHECK(exchanged(Sharding::zero1) == 0);
  CHECK(exchanged(Sharding::zero3) == Approx(2 * 2 * 4.0 * 256 * (768 + 256 + 1024 + 1024) / 8));
}

}  // namespace aifsim
