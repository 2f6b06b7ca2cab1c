// Answers that a step generates before it trains on them: what an engine does, holds, and is not modelled for.
#include "lowering/training/rollouts.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "base/error.hpp"
#include "lowering/training/guide.hpp"
#include "lowering/training/lower.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

using Catch::Contains;

ModelDescription decoder() {
  ModelDescription m;
  m.layers = 4;
  m.hidden = 512;
  m.heads = 8;
  m.kv_heads = 4;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  m.mlp = Mlp::swiglu;
  m.norm = NormKind::rms_norm;
  m.position = PositionEncoding::rotary;
  return m;
}

TrainingDescription rolling(Sharding sharding = Sharding::zero3) {
  TrainingDescription t;
  t.sequence = 512;
  t.micro_batch = 2;
  t.global_batch = 64;
  t.sharding = sharding;
  t.objective = Objective::rollouts;
  t.rollouts.emplace();
  t.rollouts->prompt = 128;
  t.rollouts->answers = 4;
  t.rollouts->response = 200;
  return t;
}

double answered(const std::vector<DecodePiece>& course) {
  double sum = 0;
  for (const DecodePiece& p : course) sum += static_cast<double>(p.tokens * p.answers);
  return sum;
}
std::int64_t length(const std::vector<DecodePiece>& course) {
  return std::accumulate(course.begin(), course.end(), std::int64_t{0},
                         [](std::int64_t sum, const DecodePiece& p) { return sum + p.tokens; });
}

std::vector<DecodePiece> course_of(std::int64_t response, std::int64_t longest, std::int64_t answers,
                                   std::int64_t at_once = 0, std::int64_t pieces = decode_pieces) {
  TrainingDescription t = rolling();
  t.sequence = 100000;
  t.global_batch = answers;
  t.micro_batch = answers;
  t.rollouts->answers = 1;
  t.rollouts->response = response;
  t.rollouts->longest = longest;
  t.rollouts->at_once = at_once;
  return decode_course(engine_of(decoder(), t, 1), pieces);
}

// FLOPs of products, and bytes of weights that they read.
double kernel_products(const std::vector<Kernel>& kernels) {
  double sum = 0;
  for (const Kernel& k : kernels)
    if (const auto* g = std::get_if<Gemm>(&k.op))
      sum += 2.0 * double(g->m) * double(g->n) * double(g->k) * double(g->batch * k.count);
  return sum;
}

}  // namespace

TEST_CASE("answers of one length are generated side by side, in waves where not all go at once",
          "[lowering]") {
  for (const DecodePiece& p : course_of(160, 0, 32)) {
    CHECK(p.answers == 32);
    CHECK(p.tokens == 10);
  }
  CHECK(course_of(160, 0, 32).front().cache == 128 + 6);  // tokens 1 to 10, 5.5 on average
  CHECK(length(course_of(160, 0, 32, 16)) == 2 * 160);
  CHECK(length(course_of(160, 0, 32, 15)) == 3 * 160);
  CHECK(length(course_of(160, 0, 32, 1)) == 32 * 160);
  CHECK(course_of(5, 0, 8).size() == 5);  // no piece is shorter than a token
}

TEST_CASE("lengths of answers have the mean and the longest that are given", "[lowering]") {
  for (const std::int64_t longest : {1000, 1500, 2000, 4000, 16000})
    for (const std::int64_t answers : {64, 500}) {
      INFO("longest " << longest << ", " << answers << " answers");
      const auto course = course_of(1000, longest, answers, 0, 4000);
      CHECK(length(course) == longest);
      // The longest of an engine is the longest of all, which adds to its mean.
      CHECK(answered(course) / double(answers) >= 1000 * 0.99);
      CHECK(answered(course) <= 1.01 * (1000.0 * double(answers) + double(longest)));
      for (std::size_t i = 1; i < course.size(); ++i) CHECK(course[i].answers <= course[i - 1].answers);
    }
  // M = 2 L: evenly between nothing and M.
  const auto even = course_of(1000, 2000, 1000, 0, 4);
  CHECK(even[1].answers == Approx(625).margin(5));
  CHECK(even[3].answers == Approx(125).margin(5));
}

TEST_CASE("as an answer ends the next begins, so that waves cost no more than their work and one tail",
          "[lowering]") {
  const std::int64_t answers = 400, longest = 4000;
  std::int64_t last = 0;
  for (const std::int64_t at_once : {400, 200, 100, 50, 25, 10, 1}) {
    const std::int64_t now = length(course_of(1000, longest, answers, at_once));
    INFO(at_once << " at once: " << now);
    CHECK(now >= last);
    CHECK(double(now) >= 1000.0 * double(answers) / double(at_once));
    CHECK(double(now) <= (1000.0 * double(answers) + double(longest)) / double(at_once) + double(longest));
    for (const DecodePiece& p : course_of(1000, longest, answers, at_once)) CHECK(p.answers <= at_once);
    last = now;
  }
}

TEST_CASE("an engine's passes are those of its model: each token through all its weights", "[lowering]") {
  const ModelDescription m = decoder();
  TrainingDescription t = rolling();
  for (const std::int64_t ranks : {1, 2, 4}) {
    t.rollouts->tensor_parallel = ranks;
    const Engine engine = engine_of(m, t, 8);
    CHECK(engine.answers == 64 * ranks / 8);
    const double matrices =
        double(4 * layer_matrices(ModelShare(m)) + m.vocabulary * m.hidden) / double(ranks);
    const DecodePiece piece{10, 3, 400};
    const EngineWork work = decode(engine, piece);
    CHECK(kernel_products(work.kernels) == Approx(2 * matrices * 3 * 10));
    std::int64_t attention = 0, sums = 0;
    for (const Kernel& k : work.kernels) {
      CHECK(k.graph);
      if (const auto* a = std::get_if<AttentionDecode>(&k.op)) {
        attention += k.count;
        CHECK(a->batch == 3);
        CHECK(a->seq_kv == 400);
        CHECK(a->heads == 8 / ranks);
        CHECK(a->kv_heads == 4 / ranks);
      }
    }
    CHECK(attention == 4 * 10);
    for (const Collective& c : work.exchanges)
      if (c.kind == CollectiveKind::all_reduce) sums += c.times;
    CHECK(sums == (ranks > 1 ? (2 * 4 + 1) * 10 : 0));  // two of a layer, and the embedding's
    // Each prompt once, its head for its last token.
    const double head = double(m.vocabulary * m.hidden) / double(ranks);
    const double prompts = std::max(1.0, double(engine.answers) / 4);
    CHECK(kernel_products(prefill(engine).kernels) == Approx(2 * prompts * ((matrices - head) * 128 + head)));
  }
}

TEST_CASE("programs with rollouts are well formed, whatever the sharding and the engine", "[lowering]") {
  const ModelDescription m = decoder();
  for (const Sharding sharding : {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3})
    for (const std::int64_t tensor : {1, 2})
      for (const std::int64_t engine : {1, 2, 4})
        for (const bool offload : {false, true}) {
          TrainingDescription t = rolling(sharding);
          t.tensor_parallel = tensor;
          t.rollouts->tensor_parallel = engine;
          t.rollouts->offload = offload;
          t.rollouts->reward = std::make_shared<const ModelDescription>(decoder());
          const Program program = lower_training(m, t, {}, 8);
          CHECK(problems_of(program).empty());
          // Few items, however many tokens.
          std::size_t items = 0;
          for (const Stream& s : program.roles.at(0).streams)
            for (const Operation& o : s.operations) items += !std::holds_alternative<Repeat>(o.what);
          CHECK(items < 2000);
          t.rollouts->response = 20;
          t.rollouts->longest = 200;
          std::size_t shorter = 0;
          const Program other = lower_training(m, t, {}, 8);
          for (const Stream& s : other.roles.at(0).streams)
            for (const Operation& o : s.operations) shorter += !std::holds_alternative<Repeat>(o.what);
          CHECK(shorter == items);
        }
}

TEST_CASE("a step of rollouts is a step of training behind generation and scoring", "[lowering]") {
  const ModelDescription m = decoder();
  const auto all = [&](TrainingDescription t) {
    double sum = 0;
    const Program program = lower_training(m, t, {}, 8);
    for (const Stream& s : program.roles.at(0).streams)
      for_each_operation(s.operations, [&](const Operation& o, std::int64_t times) {
        if (const auto* k = std::get_if<Kernel>(&o.what)) sum += double(times) * kernel_products({*k});
      });
    return sum;
  };
  for (const Sharding sharding : {Sharding::ddp, Sharding::zero3}) {
    TrainingDescription t = rolling(sharding);
    const Engine engine = engine_of(m, t, 8);
    double generated = kernel_products(prefill(engine).kernels);
    for (const DecodePiece& p : decode_course(engine))
      generated += kernel_products(decode(engine, p).kernels);
    TrainingDescription plain = t;
    plain.objective = Objective::next_token;
    plain.rollouts.reset();
    const double forward =
        8 * 2 * 512.0 * double(4 * layer_matrices(ModelShare(m)) + m.vocabulary * m.hidden);
    CHECK(all(t) == Approx(all(plain) + generated + 2 * forward));
    t.rollouts->policy = false;
    CHECK(all(t) == Approx(all(plain) + generated + forward));
    t.rollouts->reference = false;
    CHECK(all(t) == Approx(all(plain) + generated));
    t.rollouts->reward = std::make_shared<const ModelDescription>(m);  // without logits
    CHECK(all(t) ==
          Approx(all(plain) + generated + 8 * 2 * 512.0 * double(4 * layer_matrices(ModelShare(m)))));
  }
}

TEST_CASE("MFU counts what is generated: a prompt once, each answer's tokens once", "[lowering]") {
  const ModelDescription m = decoder();
  TrainingDescription t = rolling(), plain = t;
  plain.objective = Objective::next_token;
  plain.rollouts.reset();
  t.rollouts->policy = t.rollouts->reference = false;
  const double generated = step_flops(m, t).value - step_flops(m, plain).value;
  CHECK(generated == Approx(forward_flops(m, 328).value - 0.75 * forward_flops(m, 128).value));
  t.rollouts->reference = true;
  CHECK(step_flops(m, t).value - step_flops(m, plain).value - generated ==
        Approx(forward_flops(m, 512).value));
}

TEST_CASE("memory holds the engine's weights and caches beside the trainer, or without it", "[lowering]") {
  const ModelDescription m = decoder();
  TrainingDescription t = rolling(Sharding::ddp);
  t.rollouts->response = 300;
  t.micro_batch = 1;
  t.recompute = Recompute::full;
  t.global_batch = 4096;
  t.rollouts->reference = false;
  const Engine engine = engine_of(m, t, 8);
  const double of_token = 2 * 4 * double(4 * 2 * 64);
  CHECK(engine_cache(engine).value == Approx(512 * (128 / 4 + 300) * of_token));
  CHECK(engine_weights(engine).value == Approx(2 * double(total_parameters(ModelShare(m), 512))));
  const TrainingMemory trainer = trainer_memory(m, t, {}, 8);
  const Bytes state = trainer.parameters + trainer.gradients + trainer.optimizer;
  const MemoryAccount peak = peak_memory(lower_training(m, t, {}, 8));
  CHECK(peak.total().value ==
        Approx((state + trainer.buffers + engine_weights(engine) + engine_cache(engine)).value));
  CHECK(peak.activations == engine_cache(engine));
  t.rollouts->offload = true;
  CHECK(peak_memory(lower_training(m, t, {}, 8)).total().value ==
        Approx((trainer.buffers + engine_weights(engine) + engine_cache(engine)).value));

  // As many as fit, one at least.
  for (const double gib : {0.01, 0.5, 1.0, 4.0}) {
    const Bytes room{gib * 1073741824};
    const TrainingDescription filled = with_answers_in(room, m, t, {}, 8);
    const std::int64_t n = filled.rollouts->at_once;
    INFO(gib << " GiB: " << n);
    CHECK(n >= 1);
    CHECK(n <= 512);
    const Bytes held = trainer.buffers + engine_weights(engine);
    if (n > 1) CHECK(held + engine_cache(engine_of(m, filled, 8)) <= room);
    if (n < 512) {
      TrainingDescription more = filled;
      ++more.rollouts->at_once;
      CHECK(held + engine_cache(engine_of(m, more, 8)) > room);
    }
  }
}

TEST_CASE("an engine holds at least its longest answer", "[lowering]") {
  const ModelDescription m = decoder();
  TrainingDescription t = rolling();
  t.rollouts->longest = 100'000'000;
  const double of_token = 4 * 2 * 4 * 2 * 64;  // layers, keys and values, heads, bytes, width
  CHECK(engine_cache(engine_of(m, t, 8)).value == Approx(100'000'128 * of_token));
  t.rollouts->longest = 300;
  CHECK(engine_cache(engine_of(m, t, 8)).value == Approx(8 * (128 / 4 + 200) * of_token));
}

TEST_CASE("what is not modelled of rollouts is refused with the reason", "[lowering]") {
  const auto refuses = [](const ModelDescription& m, const TrainingDescription& t, const char* why) {
    CHECK_THROWS_WITH(lower_training(m, t, {}, 8), Contains(why));
  };
  ModelDescription m = decoder();
  TrainingDescription t = rolling(Sharding::zero1);
  t.pipeline_parallel = 2;
  refuses(m, t, "pipeline_parallel with rollouts is not modelled");
  t = rolling();
  t.rollouts->tensor_parallel = 3;
  refuses(m, t, "rollouts.tensor_parallel 3 does not divide a job of 8 GPUs");
  t.rollouts->answers = 7;
  t.rollouts->tensor_parallel = 1;
  refuses(m, t, "a step of 64 sequences is no multiple of the 7 answers to each prompt; 70 would be");
  t = rolling();
  t.global_batch = 0;
  t.micro_batch = 1;
  t.tensor_parallel = 4;
  t.rollouts->answers = 1;
  refuses(m, t, "a step of 2 answers does not divide evenly among 8 engines");
  t = rolling();
  t.rollouts->response = 500;
  refuses(m, t, "a sequence of 512 tokens is shorter than prompt 128 + response 500 = 628");
  t = rolling();
  m.causal = false;
  refuses(m, t, "rollouts of an encoder");
  m = decoder();
  m.experts.count = 8;
  m.experts.per_token = 2;
  m.experts.ffn_hidden = 128;
  refuses(m, t, "rollouts of a model with experts are not modelled");
  m = decoder();
  m.position = PositionEncoding::learned;
  m.positions = 600;
  t.rollouts->longest = 500;
  refuses(m, t, "a prompt and the longest answer have 628 tokens, the model 600 learned positions");
}

}  // namespace aifsim
