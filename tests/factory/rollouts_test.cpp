// What a step takes that first generates the answers on which it trains.
#include <rapidcheck/catch.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/engine.hpp"
#include "factory/alone.hpp"
#include "factory/layout_bound.hpp"
#include "factory/training_table.hpp"
#include "kernels/price.hpp"
#include "lowering/training/guide.hpp"
#include "lowering/training/rollouts.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

const PlatformInstance* machine_of(const char* name) {
  static PlatformShelf shelf(shipped());
  return shelf.find(name);
}

TrainingJob grpo(std::int64_t gpus = 8, const char* platform = "mn5_acc") {
  const WorkloadDescription w = shipped().workload("llama3-8b");
  TrainingJob job{machine_of(platform), w.model, w.training, shipped().stack("pytorch"), gpus, {}};
  TrainingDescription& t = job.training;
  t.sequence = 2048;
  t.micro_batch = 1;
  t.global_batch = 256;
  t.objective = Objective::rollouts;
  RolloutsDescription& r = t.rollouts.emplace();
  r.prompt = 256;
  r.answers = 8;
  r.response = 512;
  return job;
}

Metrics metrics_of(const TrainingJob& job, Fidelity fidelity = Fidelity::analytical) {
  return run_alone(job, fidelity).jobs.front().figures.metrics;
}
double generation(const TrainingJob& job) { return metrics_of(job)[Metric::generation_time].value; }

// Kernels alone, as the plan has them.
double decoding(const TrainingJob& job, std::int64_t pieces) {
  const Engine engine = engine_of(job.model, with_answers_that_fit(job), job.gpus);
  double sum = 0;
  for (const DecodePiece& piece : decode_course(engine, pieces))
    for (const Kernel& k : decode(engine, piece).kernels)
      sum += price(job.platform->gpu, k.op).time.value * double(k.count);
  return sum;
}

}  // namespace

TEST_CASE("generation, scoring and training add up to the step, alike at both levels", "[factory]") {
  for (const std::int64_t gpus : {8, 64})
    for (const std::int64_t ranks : {1, 2, 4}) {
      TrainingJob job = grpo(gpus);
      job.training.rollouts->tensor_parallel = ranks;
      job.training.rollouts->longest = 1536;
      INFO(gpus << " GPUs, engines of " << ranks);
      const Metrics analytical = metrics_of(job), flow = metrics_of(job, Fidelity::flow);
      for (const Metrics& m : {analytical, flow})
        CHECK(m[Metric::generation_time].value + m[Metric::scoring_time].value +
                  m[Metric::training_time].value ==
              Approx(m[Metric::step_time].value));
      for (const Metric m :
           {Metric::step_time, Metric::generation_time, Metric::scoring_time, Metric::training_time})
        CHECK(flow[m].value == Approx(analytical[m].value).epsilon(0.1));
      CHECK(analytical[Metric::generated_per_second].value ==
            Approx(256 * 512 / analytical[Metric::generation_time].value));
      // What it computes counts, all of it.
      CHECK(analytical[Metric::mfu].value == Approx(step_flops(job.model, job.training).value * 256 /
                                                    (analytical[Metric::step_time].value * double(gpus) *
                                                     job.platform->gpu.peak.at(Dtype::bf16)->value)));
    }
  CHECK_FALSE([] {
    TrainingJob plain = grpo();
    plain.training.objective = Objective::next_token;
    plain.training.rollouts.reset();
    return metrics_of(plain).has(Metric::generation_time);
  }());
}

TEST_CASE("no token is generated sooner than its weights and caches are read, or its FLOPs done",
          "[factory]") {
  rc::prop("roofline of decoding", [] {
    TrainingJob job = grpo();
    RolloutsDescription& r = *job.training.rollouts;
    r.tensor_parallel = *rc::gen::element<std::int64_t>(1, 2, 4, 8);
    r.response = *rc::gen::inRange<std::int64_t>(1, 1700);
    r.longest = *rc::gen::inRange<std::int64_t>(r.response, 4 * r.response + 1);
    r.at_once = *rc::gen::inRange<std::int64_t>(0, 40);
    job.training.global_batch = 64 * *rc::gen::inRange<std::int64_t>(1, 9);
    const GpuDescription& gpu = job.platform->gpu;
    const Engine engine = engine_of(job.model, with_answers_that_fit(job), job.gpus);
    const ModelShare& m = engine.model;
    const double weights = 2 * double(m.layers * layer_matrices(m) + m.vocabulary * m.hidden);
    double least = 0, flops = 0;
    for (const DecodePiece& p : decode_course(engine)) {
      const double cache = double(p.answers * p.cache) * 4 * double(m.layers * m.kv_heads * m.head_dim);
      least += double(p.tokens) * (weights + cache) / gpu.memory_bandwidth->value;
      flops += double(p.tokens * p.answers) * weights;
    }
    const double peak = gpu.peak.at(Dtype::bf16)->value;
    RC_ASSERT(decoding(job, decode_pieces) >= least);
    RC_ASSERT(decoding(job, decode_pieces) >= flops / peak);
  });
}

TEST_CASE("twice as many pieces of the decoding change its time by less than 2 %", "[factory]") {
  for (const std::int64_t longest : {0, 800, 1792})
    for (const std::int64_t at_once : {0, 8, 20})
      for (const std::int64_t batch : {64, 256, 2048}) {
        TrainingJob job = grpo();
        job.training.global_batch = batch;
        job.training.rollouts->longest = longest;
        job.training.rollouts->at_once = at_once;
        INFO("longest " << longest << ", " << at_once << " at once, batch " << batch);
        CHECK(decoding(job, 2 * decode_pieces) == Approx(decoding(job, decode_pieces)).epsilon(0.02));
      }
}

TEST_CASE("longer answers, more of them and fewer at once take longer to generate", "[factory]") {
  double last = 0;
  for (const std::int64_t response : {1, 16, 128, 512, 1024, 1792}) {
    TrainingJob job = grpo();
    job.training.rollouts->response = response;
    const double now = generation(job);
    CHECK(now > last);
    last = now;
  }
  last = 0;
  for (const std::int64_t batch : {64, 128, 256, 1024, 4096}) {
    TrainingJob job = grpo();
    job.training.global_batch = batch;
    const double now = generation(job);
    CHECK(now > last);
    last = now;
  }
  last = 0;
  for (const std::int64_t longest : {0, 600, 1000, 1792}) {
    TrainingJob job = grpo();
    job.training.rollouts->longest = longest;
    const double now = generation(job);
    CHECK(now > last);
    last = now;
  }
  // Memory that holds a little less makes a step a little longer.
  last = 0;
  for (std::int64_t at_once = 256; at_once >= 64; at_once -= 8) {
    TrainingJob job = grpo();
    job.training.global_batch = 2048;
    job.training.rollouts->longest = 1792;
    job.training.rollouts->at_once = at_once;
    const double now = generation(job);
    INFO(at_once << " at once");
    if (last > 0) CHECK(now / last == Approx(1).margin(0.15));
    CHECK(now > 0.97 * last);
    last = now;
  }
}

TEST_CASE("more GPUs generate and train the same answers no slower", "[factory]") {
  double step = 1e9, generated = 1e9;
  for (const std::int64_t gpus : {8, 16, 32, 64}) {
    const Metrics m = metrics_of(grpo(gpus), Fidelity::flow);
    CHECK(m[Metric::step_time].value < step);
    CHECK(m[Metric::generation_time].value < generated);
    step = m[Metric::step_time].value;
    generated = m[Metric::generation_time].value;
  }
}

TEST_CASE("with answers of a token a step is hardly more than one of training", "[factory]") {
  TrainingJob job = grpo(), plain = job;
  plain.training.objective = Objective::next_token;
  plain.training.rollouts.reset();
  job.training.rollouts->response = 1;
  job.training.rollouts->prompt = 16;
  job.training.rollouts->policy = job.training.rollouts->reference = false;
  const Metrics m = metrics_of(job);
  const double step = metrics_of(plain)[Metric::step_time].value;
  CHECK(m[Metric::training_time].value == Approx(step).epsilon(0.02));
  CHECK(m[Metric::step_time].value < 1.05 * step);
  CHECK(m[Metric::scoring_time].value == 0);
  // Each forward pass over the answers takes about what the training's does: a quarter, where layers are computed again.
  TrainingJob scored = job;
  scored.training.rollouts->policy = scored.training.rollouts->reference = true;
  const double scoring = metrics_of(scored)[Metric::scoring_time].value;
  CHECK(scoring > 0.35 * step);
  CHECK(scoring < 0.6 * step);
}

TEST_CASE("an engine fills the memory that the trainer leaves, and has more of it where that is offloaded",
          "[factory]") {
  TrainingJob job = grpo();
  job.training.global_batch = 8192;
  const std::int64_t beside = with_answers_that_fit(job).rollouts->at_once;
  const MemoryCheck check = check_memory(job);
  CHECK_FALSE(check.tight());
  CHECK(check.use.total() > 0.85 * check.usable);
  TrainingJob offloaded = job;
  offloaded.training.rollouts->offload = true;
  CHECK(with_answers_that_fit(offloaded).rollouts->at_once > beside);
  offloaded.training.rollouts->at_once = job.training.rollouts->at_once = beside;
  // The copies take their time.
  CHECK(generation(offloaded) > generation(job));
  TrainingJob too_many = job;
  too_many.training.rollouts->at_once = 1024;
  CHECK_THROWS_WITH(make_training_plan(too_many), Catch::Contains("less at_once"));
}

TEST_CASE("a search steps as a run does, and never below its bound", "[factory]") {
  for (const std::int64_t micro : {1, 2}) {
    TrainingJob job = grpo();
    job.training.micro_batch = micro;
    job.training.rollouts->longest = 1024;
    const double step = metrics_of(job)[Metric::step_time].value;
    CHECK(analytical_duration(make_training_plan(job), nullptr, false).value == Approx(step));
    CHECK(LayoutBound(job)(job.training, job.gpus).step.value < step);
  }
}

}  // namespace aifsim
