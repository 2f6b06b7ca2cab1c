// Steps with periods left out (engine/steady.hpp) against the same steps run whole.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/engine.hpp"
#include "factory/training_job.hpp"
#include "factory/training_table.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

PlatformShelf& steady_shelf() {
  static PlatformShelf s(shipped());
  return s;
}

struct StepLayout {
  const char *platform, *workload;
  std::int64_t gpus, tensor, pipeline, pieces, experts, micro_steps;
  Sharding sharding = Sharding::zero1;
  PipelineSchedule schedule = PipelineSchedule::one_f_one_b;
  const char* stack = "";
};

TrainingJob steady_job(const StepLayout& l) {
  const WorkloadDescription w = shipped().workload(l.workload);
  TrainingJob j;
  j.platform = steady_shelf().find(l.platform);
  j.model = w.model;
  j.training = w.training;
  j.stack = shipped().stack(*l.stack ? l.stack : w.training.stack);
  TrainingDescription& t = j.training;
  t.tensor_parallel = l.tensor;
  t.sequence_parallel = l.tensor > 1;
  t.pipeline_parallel = l.pipeline;
  t.virtual_stages = l.pieces;
  t.expert_parallel = l.experts;
  t.pipeline_schedule = l.schedule;
  t.sharding = l.sharding;
  t.recompute = Recompute::selective;
  t.micro_batch = 1;
  t.global_batch = 0;
  t.gradient_accumulation = l.micro_steps;
  j.gpus = l.gpus;
  j.beyond_memory = true;
  return j;
}

Timeline timeline_of(const Plan& plan, const TrainingJob& j, Fidelity fidelity, bool leaps) {
  const JobRun one{&plan, "", Seconds{0}, 1};
  RunOptions options;
  options.leaps = leaps;
  return run_jobs({&one, 1}, j.platform->topology, fidelity, options).jobs.front();
}

// Counts what it hears.
struct Heard : Listener {
  std::size_t steps = 0, blocks = 0;
  double in_steps = 0, in_blocks = 0, last = 0;
  void ended(const StepEvent& e) override {
    ++steps;
    in_steps += (e.end - e.start).value;
    last = std::max(last, e.end.value);
  }
  void blocked(const BlockedEvent& e) override {
    ++blocks;
    in_blocks += (e.end - e.start).value;
  }
};

const StepLayout steady_layouts[] = {
    {"mn5_acc", "gpt-2.7b", 32, 1, 1, 1, 1, 40},
    {"mn5_acc", "gpt-2.7b", 32, 1, 1, 1, 1, 24, Sharding::zero3},
    {"leonardo_booster", "gpt-2.7b", 64, 1, 1, 1, 1, 16, Sharding::zero2},
    {"leonardo_booster", "llama3-8b", 64, 4, 4, 1, 1, 33},
    {"mn5_acc", "llama3-70b", 64, 4, 4, 1, 1, 48, Sharding::zero1, PipelineSchedule::zero_bubble},
    {"mn5_acc", "llama3-70b", 64, 4, 4, 5, 1, 64},
    {"mn5_acc", "llama3-70b", 64, 8, 2, 5, 1, 60, Sharding::zero1, PipelineSchedule::one_f_one_b, "nemo"},
    {"mn5_acc", "llama3-70b", 64, 1, 8, 1, 1, 40, Sharding::ddp},
    {"dgx_h100", "qwen3-30b-a3b", 64, 1, 2, 1, 8, 32},
    {"dgx_h100", "mixtral-8x7b", 64, 2, 4, 2, 8, 32, Sharding::zero1, PipelineSchedule::one_f_one_b,
     "nanotron"},
};

}  // namespace

TEST_CASE("a step with periods left out is the whole step, at level analytical", "[factory]") {
  std::size_t gained = 0;
  for (const StepLayout& l : steady_layouts)
    for (const std::int64_t more : {0, 1, 7}) {
      StepLayout longer = l;
      longer.micro_steps += more * (l.pieces > 1 ? l.pipeline : 1);
      INFO(l.platform << " " << l.workload << " TP " << l.tensor << " PP " << l.pipeline << " x " << l.pieces
                      << " EP " << l.experts << " sharding " << static_cast<int>(l.sharding) << ", "
                      << longer.micro_steps << " micro-steps");
      const Plan plan = make_training_plan(steady_job(longer));
      Heard quick, whole;
      const double time = analytical_duration(plan, &quick).value;
      CHECK(time == Approx(analytical_duration(plan, &whole, false).value).epsilon(1e-6));
      CHECK(time == Approx(analytical_duration(plan).value).epsilon(1e-12));
      CHECK(quick.steps == whole.steps);
      CHECK(quick.blocks == whole.blocks);
      CHECK(quick.in_steps == Approx(whole.in_steps).epsilon(1e-6));
      CHECK(quick.in_blocks == Approx(whole.in_blocks).epsilon(1e-5).margin(1e-6));
      CHECK(quick.last == Approx(whole.last).epsilon(1e-6));
      gained += time != analytical_duration(plan, nullptr, false).value;
    }
  CHECK(gained > 10);  // rounding tells that something was left out
}

TEST_CASE("what goes on beside the passes at its own pace is run on through the periods that are left out",
          "[factory]") {
  for (const double pace : {0.5, 0.99, 1.01, 1.5, 20.0}) {  // of the loader, over the step's
    TrainingJob j = steady_job(steady_layouts[0]);
    const double alone = analytical_duration(make_training_plan(j)).value;
    const double tokens = static_cast<double>(j.gpus * j.training.gradient_accumulation *
                                              j.training.micro_batch * j.training.sequence);
    j.training.loader_tokens_per_second = pace * tokens / alone;
    CAPTURE(pace);
    const Plan plan = make_training_plan(j);
    for (const Fidelity level : {Fidelity::analytical, Fidelity::flow}) {
      const double whole = level == Fidelity::flow ? timeline_of(plan, j, level, false).duration.value
                                                   : analytical_duration(plan, nullptr, false).value;
      const double quick = level == Fidelity::flow ? timeline_of(plan, j, level, true).duration.value
                                                   : analytical_duration(plan).value;
      CHECK(quick == Approx(whole).epsilon(1e-6));
      CHECK(quick >= alone * (1 - 1e-3));
    }
  }
}

TEST_CASE("a step with periods left out is the whole step, at levels flow and message", "[factory]") {
  for (const StepLayout& l : steady_layouts)
    for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
      if (level == Fidelity::message && &l != &steady_layouts[0] && &l != &steady_layouts[3]) continue;
      INFO(l.platform << " " << l.workload << " TP " << l.tensor << " PP " << l.pipeline << " x " << l.pieces
                      << " EP " << l.experts << " sharding " << static_cast<int>(l.sharding) << " level "
                      << static_cast<int>(level));
      TrainingJob j = steady_job(l);
      if (level == Fidelity::message) j.gpus = l.tensor * l.pipeline * 2;
      const Plan plan = make_training_plan(j);
      const Timeline quick = timeline_of(plan, j, level, true), whole = timeline_of(plan, j, level, false);
      CHECK(quick.duration.value == Approx(whole.duration.value).epsilon(1e-6));
      REQUIRE(quick.roles.size() == whole.roles.size());
      for (std::size_t r = 0; r < quick.roles.size(); ++r) {
        const RoleTrack &a = quick.roles[r], &b = whole.roles[r];
        for (std::size_t part = 0; part < step_parts; ++part)
          CHECK(a.times.parts[part] ==
                Approx(b.times.parts[part]).epsilon(1e-5).margin(1e-6 * whole.duration.value));
        CHECK(a.times.exposed.value == Approx(b.times.exposed.value).margin(1e-5 * whole.duration.value));
        for (std::size_t s = 0; s < a.streams.size(); ++s) {
          const std::vector<Span>&spans = a.streams[s].spans, &others = b.streams[s].spans;
          REQUIRE(spans.size() == others.size());
          std::size_t unlike = 0;
          for (std::size_t i = 0; i < spans.size(); ++i)
            unlike += spans[i].label != others[i].label || spans[i].kind != others[i].kind ||
                      std::abs((spans[i].end - others[i].end).value) > 1e-6 * whole.duration.value;
          CHECK(unlike == 0);
        }
      }
    }
}

}  // namespace aifsim
