// Modules of a layer that the backward pass computes again.
#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/part.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

using enum RecomputeModule;

constexpr double kTokens = 2 * 256, kBytes = 2;

ModelDescription latent_experts() {
  ModelDescription m;
  m.layers = 8;
  m.hidden = 512;
  m.heads = m.kv_heads = 8;
  m.head_dim = 32;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  m.mlp = Mlp::swiglu;
  m.norm = NormKind::rms_norm;
  m.position = PositionEncoding::rotary;
  m.latent = {.query_rank = 96, .kv_rank = 64, .rope_dim = 16, .value_dim = 32};
  m.experts = {.count = 16, .per_token = 2, .ffn_hidden = 256, .shared_ffn_hidden = 128, .dense_layers = 2};
  return m;
}

TrainingDescription again(std::vector<RecomputeModule> modules) {
  TrainingDescription t;
  t.sequence = 256;
  t.micro_batch = 2;
  t.global_batch = 64;
  t.sharding = Sharding::zero1;
  t.recompute = modules.empty() ? Recompute::none : Recompute::selective;
  if (!modules.empty()) t.recompute_modules = std::move(modules);
  return t;
}

StackDescription fused() {
  StackDescription stack;
  stack.fuses_elementwise = true;
  stack.allocated_per_held = 1;
  return stack;
}

double kept(const TrainingDescription& t, LayerKind kind) {
  return kept_per_layer(ModelShare(latent_experts(), degrees_of(t, fused())), t, fused(), kind, false).value;
}

double saved(RecomputeModule module, LayerKind kind) {
  return kept(again({}), kind) - kept(again({module}), kind);
}

struct Work {
  double flops = 0, streamed = 0, exchanged = 0;
};

Work backward(const TrainingDescription& t, LayerKind kind) {
  Work work;
  for (const Part& part :
       layer_backward(ModelShare(latent_experts(), degrees_of(t, fused())), t, Backward{}, kind)) {
    for (const auto* kernels : {&part.kernels, &part.overlapped})
      for (const Kernel& k : *kernels) {
        if (const auto* g = std::get_if<Gemm>(&k.op))
          work.flops += 2.0 * static_cast<double>(g->m * g->n * g->k * k.count);
        if (const auto* s = std::get_if<Streaming>(&k.op)) work.streamed += s->bytes.value;
      }
    for (const Exchange& e : part.exchanges) work.exchanged += e.bytes;
  }
  return work;
}

Work more(RecomputeModule module, LayerKind kind, std::int64_t experts = 1) {
  TrainingDescription none = again({}), some = again({module});
  none.expert_parallel = some.expert_parallel = experts;
  const Work before = backward(none, kind), after = backward(some, kind);
  return {after.flops - before.flops, after.streamed - before.streamed, after.exchanged - before.exchanged};
}

}  // namespace

TEST_CASE("a module that is computed again is not kept, and takes its forward kernels twice", "[lowering]") {
  const double row = kTokens * 512 * kBytes, unit = kTokens * kBytes;
  SECTION("norms") {
    CHECK(saved(layernorm, LayerKind::dense) == Approx(2 * row));
    CHECK(saved(layernorm, LayerKind::expert) == Approx(2 * row));
    CHECK(more(layernorm, LayerKind::dense).streamed == Approx(2 * 2 * row));
    CHECK(more(layernorm, LayerKind::dense).flops == 0);
  }
  SECTION("queries, keys and values") {
    const double qkv = 8 * (2 * 48 + 32);
    CHECK(saved(mla_up_proj, LayerKind::dense) == Approx(unit * qkv));
    const Work work = more(mla_up_proj, LayerKind::expert);
    CHECK(work.flops == Approx(2 * kTokens * (96.0 * 8 * 48 + 64.0 * 8 * (32 + 32))));
    CHECK(work.streamed == Approx(2 * unit * qkv));
  }
  SECTION("the feed-forward block") {
    CHECK(saved(mlp, LayerKind::dense) == Approx(unit * 3 * 2048));
    CHECK(saved(mlp, LayerKind::expert) == 0);
    CHECK(more(mlp, LayerKind::dense).flops == Approx(2 * kTokens * 512 * 2 * 2048));
    CHECK(more(mlp, LayerKind::expert).flops == 0);
  }
  SECTION("experts") {
    CHECK(saved(moe_act, LayerKind::dense) == 0);
    CHECK(saved(moe_act, LayerKind::expert) == Approx(2 * unit * 256));
    CHECK(more(moe_act, LayerKind::expert).streamed == Approx(2 * unit * 3 * 256));
    CHECK(more(moe_act, LayerKind::expert).flops == 0);
    CHECK(saved(shared_experts, LayerKind::expert) == Approx(unit * 3 * 128));
    CHECK(more(shared_experts, LayerKind::expert).flops == Approx(2 * kTokens * 512 * 2 * 128));
    CHECK(saved(moe, LayerKind::expert) == Approx(2 * unit * (2 * 512 + 3 * 256) + unit * 3 * 128));
    const Work all = more(moe, LayerKind::expert, 4);
    CHECK(all.flops == Approx(2 * kTokens * 512 * (16 + 2 * 3 * 256 + 3 * 128)));
    CHECK(all.exchanged > 0);
    CHECK(more(moe_act, LayerKind::expert, 4).exchanged == 0);
  }
}

TEST_CASE("scores alone are computed again where no module is named", "[lowering]") {
  TrainingDescription t = again({});
  t.attention = AttentionKernel::plain;
  const double before = kept(t, LayerKind::dense);
  t.recompute = Recompute::selective;
  CHECK(before - kept(t, LayerKind::dense) == Approx(2 * kBytes * kTokens * 256 * 8));
  t.recompute_modules = {layernorm};
  CHECK(before - kept(t, LayerKind::dense) == Approx(2 * kTokens * 512 * kBytes));
}

TEST_CASE("whatever the modules, programs are well formed and hold no more", "[lowering]") {
  std::mt19937 random(7);
  const auto peak = [](const TrainingDescription& t) {
    const Program p = lower_training(latent_experts(), t, fused(), 16);
    CHECK(problems_of(p) == std::vector<std::string>{});
    return peak_memory(p).total().value;
  };
  for (int i = 0; i < 60; ++i) {
    std::vector<RecomputeModule> modules;
    for (const RecomputeModule module : {core_attn, layernorm, mla_up_proj, mlp, moe_act, shared_experts})
      if (random() % 2) modules.push_back(module);
    TrainingDescription t = again(modules), none = again({});
    for (TrainingDescription* d : {&t, &none}) {
      d->pipeline_parallel = 1 << (i % 3);
      d->expert_parallel = i % 2 ? 4 : 1;
      d->tensor_parallel = i % 5 == 0 ? 2 : 1;
      d->sequence_parallel = d->tensor_parallel > 1;
    }
    CHECK(peak(t) <= peak(none));
  }
}

TEST_CASE("what weights' gradients read again stands against halves of backward passes", "[lowering]") {
  TrainingDescription t = again({layernorm});
  t.pipeline_parallel = 2;
  t.pipeline_schedule = PipelineSchedule::zero_bubble;
  CHECK_THROWS_WITH(layout_of(latent_experts(), t, 16), Catch::Contains("modules beside core_attn"));
  t.recompute_modules = {core_attn};
  CHECK_NOTHROW(layout_of(latent_experts(), t, 16));
}

TEST_CASE("by operation: attention and every second product are kept, the rest is computed again",
          "[lowering]") {
  ModelDescription m = latent_experts();
  m.latent = {};
  m.experts = {};
  m.kv_heads = 2;
  TrainingDescription none = again({}), per_op = none;
  per_op.recompute = Recompute::per_op;
  const auto work = [&](const TrainingDescription& t) {
    Work sum;
    for (const Part& part : layer_backward(ModelShare(m, degrees_of(t, fused())), t)) {
      for (const auto* kernels : {&part.kernels, &part.overlapped})
        for (const Kernel& k : *kernels) {
          if (const auto* g = std::get_if<Gemm>(&k.op))
            sum.flops += 2.0 * static_cast<double>(g->m * g->n * g->k * k.count);
          if (const auto* s = std::get_if<Streaming>(&k.op)) sum.streamed += s->bytes.value;
        }
      for (const Exchange& e : part.exchanges) sum.exchanged += e.bytes;
    }
    return sum;
  };
  const auto kept_of = [&](const TrainingDescription& t) {
    return kept_per_layer(ModelShare(m, degrees_of(t, fused())), t, fused(), LayerKind::dense, false).value;
  };
  const double h = 512, ffn = 2048, q = 8 * 32, kv = 2 * 32, unit = kTokens * kBytes;
  SECTION("keys, the output and the second product of the block") {
    CHECK(work(per_op).flops - work(none).flops == Approx(2 * kTokens * h * (kv + q + ffn)));
    // Both norms, the rotation, a sum, the activation function.
    CHECK(work(per_op).streamed - work(none).streamed ==
          Approx(unit * (2 * 2 * h + 2 * (q + 2 * kv) + 3 * h + 3 * ffn)));
    // The input, queries, values, attention's output, the first product of the block and the last one.
    CHECK(kept_of(per_op) == Approx(unit * (h + q + kv + q + ffn + h)));
  }
  SECTION("without a gate, of six products the second and the fourth") {
    m.mlp = Mlp::gelu;
    CHECK(work(per_op).flops - work(none).flops == Approx(2 * kTokens * h * (kv + q)));
    CHECK(kept_of(per_op) == Approx(unit * (h + q + kv + q + ffn)));
  }
  SECTION("sums over ranks are kept, their products not repeated") {
    m.kv_heads = 8;
    none.tensor_parallel = per_op.tensor_parallel = 4;
    none.sequence_parallel = per_op.sequence_parallel = true;
    CHECK(work(per_op).flops - work(none).flops == Approx(2 * kTokens * h * (q + ffn) / 4));
    CHECK(kept_of(per_op) == Approx(unit * (3 * h + 3 * q + ffn) / 4));
    // What it gathers again is there for the gradients of the weights.
    CHECK(work(per_op).exchanged == Approx(work(none).exchanged));
  }
  SECTION("a step holds less than without, more than layers in full, and takes the time between") {
    TrainingDescription full = none;
    full.recompute = Recompute::full;
    const auto peak = [&](const TrainingDescription& t) {
      return peak_memory(lower_training(m, t, fused(), 8)).total();
    };
    CHECK(peak(per_op) < peak(none));
    CHECK(peak(full) < peak(per_op));
    CHECK(problems_of(lower_training(m, per_op, fused(), 8)) == std::vector<std::string>{});
  }
  SECTION("refused in the zero-bubble schedule") {
    per_op.pipeline_parallel = 2;
    per_op.pipeline_schedule = PipelineSchedule::zero_bubble;
    CHECK_THROWS_WITH(layout_of(m, per_op, 8), Catch::Contains("recompute per_op"));
  }
}

}  // namespace aifsim
