#include "metrics/time.hpp"

#include <catch2/catch.hpp>

#include "metrics/throughput.hpp"

namespace aifsim {
namespace {

Span span(SpanKind kind, double start, double end) {
  return {kind, "s", Seconds{start}, Seconds{end}, {}, ""};
}

// Compute 0-4 and 5-8; two streams communicate 3-6 and 4-7, and 9-10.
Timeline timeline() {
  Timeline t;
  t.duration = Seconds{10};
  t.step_ends = {Seconds{10}};
  using enum SpanKind;
  t.roles = {{"rank",
              4,
              {{"compute", {span(compute, 0, 4), span(wait, 4, 5), span(compute, 5, 8)}},
               {"gather", {span(communication, 3, 6), span(communication, 9, 10)}},
               {"reduce", {span(communication, 4, 7)}}}}};
  return t;
}

}  // namespace

TEST_CASE("exposed communication is what no compute hides, each moment once", "[metrics]") {
  Metrics m;
  add_step_times(m, timeline(), Seconds{0});
  CHECK(m[Metric::step_time].value == 10);
  CHECK(m[Metric::compute_time].value == 7);
  CHECK(m[Metric::communication_time].value == 5);     // 3-7 and 9-10
  CHECK(m[Metric::exposed_communication].value == 2);  // 4-5 and 9-10
}

TEST_CASE("several steps give their mean; no step, no figure", "[metrics]") {
  Timeline t = timeline();
  t.step_ends = {Seconds{6}, Seconds{10}};
  Metrics m, none;
  add_step_times(m, t, Seconds{2});
  CHECK(m[Metric::step_time].value == 4);
  CHECK(m[Metric::compute_time].value == 3.5);
  t.step_ends.clear();
  add_step_times(none, t, Seconds{0});
  CHECK_FALSE(none.has(Metric::step_time));
}

TEST_CASE("of streams that were cut only whole steps count", "[metrics]") {
  Timeline t;
  t.roles = {{"rank", 1, {{"compute", {}}}}};
  for (std::size_t i = 0; i < most_spans; ++i) {
    const double at = static_cast<double>(i);
    t.roles[0].streams[0].spans.push_back(span(SpanKind::compute, at, at + 0.5));
  }
  // Steps of 8,000 spans; the third is cut in its middle.
  t.step_ends = {Seconds{8000}, Seconds{16000}, Seconds{24000}};
  Metrics m;
  add_step_times(m, t, Seconds{0});
  CHECK(m[Metric::compute_time].value == 4000);
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

}  // namespace aifsim
