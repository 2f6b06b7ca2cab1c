// Fine-tuning: frozen weights of 4 bits, and frozen models that run forward beside the trained one.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "lowering/training/guide.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/precision.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

using Catch::Contains;

ModelDescription llama(std::int64_t layers, std::int64_t hidden) {
  ModelDescription m;
  m.layers = layers;
  m.hidden = hidden;
  m.heads = m.kv_heads = hidden / 64;
  m.ffn_hidden = 4 * hidden;
  m.vocabulary = 1000;
  m.mlp = Mlp::swiglu;
  m.norm = NormKind::rms_norm;
  m.position = PositionEncoding::rotary;
  return m;
}

TrainingDescription adapter_training(Sharding sharding, std::int64_t lora_rank = 0) {
  TrainingDescription t;
  t.sequence = 512;
  t.micro_batch = 2;
  t.sharding = sharding;
  t.lora_rank = lora_rank;
  return t;
}

double quantised(const std::vector<Part>& parts) {
  double bytes = 0;
  for (const Part& part : parts)
    for (const auto* kernels : {&part.kernels, &part.overlapped})
      for (const Kernel& k : *kernels)
        if (const auto* s = std::get_if<Streaming>(&k.op); s && s->kind == StreamKind::quantise)
          bytes += s->bytes.value;
  return bytes;
}

// FLOPs of all products of a rank's step.
double products(const std::vector<Operation>& operations) {
  double sum = 0;
  for (const Operation& o : operations) {
    if (const auto* k = std::get_if<Kernel>(&o.what)) {
      if (const auto* g = std::get_if<Gemm>(&k->op))
        sum += 2.0 * double(g->m) * double(g->n) * double(g->k) * double(g->batch * k->count);
    } else if (const auto* r = std::get_if<Repeat>(&o.what)) {
      sum += double(r->times) * products(r->body);
    }
  }
  return sum;
}
double products(const Program& program) {
  double sum = 0;
  for (const Stream& s : program.roles.at(0).streams) sum += products(s.operations);
  return sum;
}

}  // namespace

TEST_CASE("frozen weights of 4 bits are held so, and cast by each product that uses them", "[lowering]") {
  const ModelDescription m = llama(4, 512);
  TrainingDescription t = adapter_training(Sharding::ddp, 8);
  const double before = peak_memory(lower_training(m, t, {}, 8)).parameters.value;
  CHECK(quantised(layer_forward(ModelShare(m), t)) == 0);
  t.frozen_weights = FrozenWeights::nf4;
  const double matrices = double(layer_matrices(ModelShare(m))), narrow = frozen_bytes(t);
  CHECK(8 * narrow == Approx(4.127).epsilon(0.001));  // Dettmers et al. 2023: 0.127 bits of scales
  CHECK(before - peak_memory(lower_training(m, t, {}, 8)).parameters.value ==
        Approx(4 * matrices * (2 - narrow)));
  CHECK(quantised(layer_forward(ModelShare(m), t)) == Approx(matrices * (2 + narrow)));
  CHECK(quantised(layer_backward(ModelShare(m), t)) == Approx(matrices * (2 + narrow)));
  // Shared, the layers are gathered as they are held.
  t.sharding = Sharding::zero3;
  CHECK(problems_of(lower_training(m, t, {}, 8)).empty());
  CHECK(held_bytes(ModelShare(m), t, LayerKind::dense) < 0.3 * 2 * double(layer_parameters(ModelShare(m))));
}

TEST_CASE("a frozen model runs forward once in each micro-step, whatever the sharding", "[lowering]") {
  const ModelDescription m = llama(4, 512);
  for (const Sharding sharding : {Sharding::ddp, Sharding::zero1, Sharding::zero3})
    for (const std::int64_t rank : {0, 8})
      for (const std::int64_t steps : {1, 3}) {
        TrainingDescription t = adapter_training(sharding, rank);
        t.gradient_accumulation = steps;
        const double plain = products(lower_training(m, t, {}, 8));
        const double forward = double(steps) * 2 * double(t.sequence * t.micro_batch) *
                               double(4 * layer_matrices(ModelShare(m)) + m.vocabulary * m.hidden);
        t.objective = Objective::preference;
        const Program with = lower_training(m, t, {}, 8);
        CHECK(products(with) - plain == Approx(forward));
        CHECK(problems_of(with).empty());
        CHECK(step_flops(m, t).value - model_flops(m, t.sequence, rank > 0).value ==
              Approx(forward_flops(m, t.sequence).value));
      }
}

TEST_CASE("a reference of adapters costs no memory, a teacher its weights and logits", "[lowering]") {
  const ModelDescription m = llama(4, 512);
  const auto parameters = [&](TrainingDescription t, Objective objective) {
    t.objective = objective;
    return peak_memory(lower_training(m, t, {}, 8)).parameters.value;
  };
  const double all = 2 * double(total_parameters(ModelShare(m), 512));
  TrainingDescription t = adapter_training(Sharding::ddp);
  CHECK(parameters(t, Objective::preference) - parameters(t, Objective::next_token) == Approx(all));
  t = adapter_training(Sharding::zero3);
  CHECK(parameters(t, Objective::preference) - parameters(t, Objective::next_token) == Approx(all / 8));
  t = adapter_training(Sharding::ddp, 8);
  CHECK(parameters(t, Objective::preference) == parameters(t, Objective::next_token));

  t = adapter_training(Sharding::zero3);
  const MemoryAccount alone = peak_memory(lower_training(m, t, {}, 8));
  const ModelDescription teacher = llama(8, 1024);
  t.objective = Objective::distillation;
  t.teacher_model = std::make_shared<const ModelDescription>(teacher);
  const MemoryAccount taught = peak_memory(lower_training(m, t, {}, 8));
  CHECK(taught.parameters.value - alone.parameters.value ==
        Approx(2 * double(total_parameters(ModelShare(teacher), 512)) / 8));
  CHECK(taught.activations.value - alone.activations.value == Approx(2.0 * 1024 * 1000));
  CHECK(taught.buffers > alone.buffers);  // larger layers are gathered
}

TEST_CASE("a pipeline's stages run their layers of the frozen model, too, and send on what both give",
          "[lowering]") {
  const ModelDescription m = llama(8, 512), teacher = llama(16, 1024);
  TrainingDescription t = adapter_training(Sharding::zero1);
  t.lora_rank = 0;
  t.gradient_accumulation = 8;
  t.objective = Objective::distillation;
  t.teacher_model = std::make_shared<const ModelDescription>(teacher);
  struct Sums {
    double products = 0, forward = 0, backward = 0, parameters = 0;
    std::vector<double> activations;
  };
  const auto sums_of = [&](std::int64_t stages, std::int64_t chunks) {
    t.pipeline_parallel = stages;
    t.virtual_stages = chunks;
    const Program p = lower_training(m, t, {}, 4);
    CHECK(problems_of(p).empty());
    Sums sums;
    for (const Role& role : p.roles) {
      const auto ranks = static_cast<double>(ranks_of(p, role).size());
      for (const Stream& stream : role.streams)
        for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
          const auto n = ranks * static_cast<double>(times);
          if (const auto* k = std::get_if<Kernel>(&op.what))
            if (const auto* g = std::get_if<Gemm>(&k->op))
              sums.products += n * 2.0 * static_cast<double>(g->m * g->n * g->k * k->count);
          if (const auto* send = std::get_if<Send>(&op.what))
            (send->by > 0 ? sums.forward : sums.backward) += n * send->bytes.value;
        });
      sums.parameters += peak_memory(role).parameters.value;
      sums.activations.push_back(peak_memory(role).activations.value);
    }
    return sums;
  };
  t.global_batch = 8 * t.micro_batch;
  const Sums one = sums_of(1, 1), four = sums_of(4, 1), pieces = sums_of(4, 2);
  CHECK(four.products == Approx(one.products));
  CHECK(pieces.products == Approx(one.products));
  CHECK(four.forward == Approx(3 * four.backward));  // rows of 512 and of 1,024, against gradients of 512
  CHECK(pieces.forward == Approx(3 * pieces.backward));
  // With fewer ranks that share a stage's master weights each holds more of them; the teacher's weights are each held once.
  t.objective = Objective::next_token;
  const Sums alone = sums_of(4, 1);
  CHECK(four.parameters - alone.parameters ==
        Approx(2 * static_cast<double>(total_parameters(ModelShare(teacher), t.sequence))));
  const double logits = 2.0 * static_cast<double>(t.micro_batch * t.sequence) * 1000;
  for (std::size_t stage = 0; stage < 4; ++stage)
    CHECK(four.activations[stage] - alone.activations[stage] == Approx(stage == 3 ? logits : 0.0).margin(1));
}

TEST_CASE("what is not modelled of a frozen model is refused with the reason", "[lowering]") {
  const ModelDescription m = llama(4, 512);
  TrainingDescription t = adapter_training(Sharding::zero1);
  t.objective = Objective::distillation;
  t.pipeline_parallel = 4;
  t.teacher_model = std::make_shared<const ModelDescription>(llama(2, 512));
  CHECK_THROWS_WITH(lower_training(m, t, {}, 8), Contains("more pieces than the 2 layers of the teacher"));
  t = adapter_training(Sharding::zero1);
  t.objective = Objective::preference;
  t.micro_batch = 3;
  CHECK_THROWS_WITH(lower_training(m, t, {}, 8), Contains("micro_batch 3 with objective preference"));
  t = adapter_training(Sharding::zero1);
  t.objective = Objective::distillation;
  ModelDescription teacher = llama(2, 512);
  teacher.vocabulary = 999;
  t.teacher_model = std::make_shared<const ModelDescription>(teacher);
  CHECK_THROWS_WITH(lower_training(m, t, {}, 8), Contains("999 entries in its vocabulary, the model 1000"));
}

}  // namespace aifsim
