#include "metrics/time.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "metrics/throughput.hpp"

namespace aifsim {
namespace {

Timeline timeline() {
  Timeline t;
  t.duration = Seconds{10};
  t.step_ends = {Seconds{10}};
  t.roles = {{"rank", 4, {}, {1, {}, Seconds{7}, Seconds{5}, Seconds{2}}},
             {"other", 4, {}, {1, {}, Seconds{6}, Seconds{1}, Seconds{1}}}};
  return t;
}

}  // namespace

TEST_CASE("times of a step are those of the role that has most", "[metrics]") {
  Metrics m;
  add_step_times(m, timeline(), Seconds{0});
  CHECK(m[Metric::step_time].value == 10);
  CHECK(m[Metric::compute_time].value == 7);
  CHECK(m[Metric::communication_time].value == 5);
  CHECK(m[Metric::exposed_communication].value == 2);
}

TEST_CASE("several steps give their mean; no step, no figure", "[metrics]") {
  Timeline t = timeline();
  t.step_ends = {Seconds{6}, Seconds{10}};
  for (RoleTrack& role : t.roles) role.times.steps = 2;
  Metrics m, none;
  add_step_times(m, t, Seconds{2});
  CHECK(m[Metric::step_time].value == 4);
  CHECK(m[Metric::compute_time].value == 3.5);
  t.step_ends.clear();
  add_step_times(none, t, Seconds{0});
  CHECK_FALSE(none.has(Metric::step_time));
}

TEST_CASE("rates have the band of the step time, turned round", "[metrics]") {
  Metrics m;
  add_step_times(m, timeline(), Seconds{0});
  add_throughput(m, {.sequences = 8,
                     .sequence = 100,
                     .flops_of_sequence = Flops{1e12},
                     .peak_of_gpu = FlopsPerSecond{1e12},
                     .gpus = 2});
  CHECK(m[Metric::tokens_per_second].value == 80);
  CHECK(m[Metric::mfu].value == Approx(0.4));
  add_band(m, 0.1);
  const Measure &step = m[Metric::step_time], &rate = m[Metric::tokens_per_second];
  CHECK(std::log(step.p90 / step.value) == Approx(0.1 * 1.2815515655));
  CHECK(rate.p10 * step.p90 == Approx(800));
  CHECK(rate.p90 * step.p10 == Approx(800));
}

TEST_CASE("a step that needs more than the peak of its GPUs is no answer", "[metrics]") {
  Metrics m;
  m[Metric::step_time].value = 2;
  TrainedWork work{1, 100, Flops{4e15}, FlopsPerSecond{1e15}, 2};
  add_throughput(m, work);
  CHECK(m[Metric::mfu].value == 1);
  work.flops_of_sequence = Flops{4.4e15};
  CHECK_THROWS_WITH(add_throughput(m, work), Catch::Contains("would have an MFU of 110 %"));
  m[Metric::step_time].value = 0;
  CHECK_THROWS_AS(add_throughput(m, work), CannotAnswer);
}

}  // namespace aifsim
