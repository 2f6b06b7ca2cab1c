#include "report/headline.hpp"

#include <catch2/catch.hpp>

#include "report/fake_result.hpp"

using namespace aifsim;

namespace {

Point point(const std::string& variant, std::int64_t gpus, double mfu) {
  Point p;
  p.platform = "leonardo_booster";
  p.variant = variant;
  p.gpus = gpus;
  p.metrics[Metric::mfu].value = mfu;
  p.metrics[Metric::step_time] = {0.5 / mfu, 0.5 / mfu, unknown, 0.5 / mfu};
  p.metrics[Metric::tokens_per_second].value = 1000 * static_cast<double>(gpus) * mfu;
  return p;
}

}  // namespace

TEST_CASE("the fall of one variant and the hold of the other lead") {
  Result r;
  r.points = {point("full sharding", 16, 0.58),    point("full sharding", 64, 0.573),
              point("full sharding", 128, 0.404),  point("full sharding", 256, 0.297),
              point("hybrid sharding", 16, 0.576), point("hybrid sharding", 256, 0.486)};
  const std::vector<std::string> sentences = headline(r);
  REQUIRE(sentences.size() == 2);
  CHECK(sentences[0] ==
        "Full sharding on leonardo_booster falls from 57 % to 30 % MFU between 64 and 256 GPUs; hybrid "
        "sharding "
        "holds 49 %.");
  CHECK(sentences[1] ==
        "At 256 GPUs, the fastest, hybrid sharding on leonardo_booster, trains 124k tokens/s at 49 % MFU; a "
        "step takes "
        "1.03 s (80 % band 1.03-1.03 s).");
}

TEST_CASE("a rise is called a rise, and the steepest fall leads over platforms") {
  Result r;
  r.points = {point("a", 8, 0.2), point("a", 64, 0.4)};
  CHECK(headline(r)[0] == "A on leonardo_booster rises from 20 % to 40 % MFU between 8 and 64 GPUs.");
  r.points.push_back(point("a", 8, 0.5));
  r.points.push_back(point("a", 32, 0.25));
  r.points[2].platform = r.points[3].platform = "mn5_acc";
  CHECK(headline(r)[0] == "A on mn5_acc falls from 50 % to 25 % MFU between 8 and 32 GPUs.");
}

TEST_CASE("bottleneck, tight memory and agreement are said when they matter") {
  Result r;
  r.points = {point("a", 8, 0.4)};
  CHECK(headline(r).size() == 1);
  Point& p = r.points[0];
  p.metrics[Metric::exposed_communication].value = p.step_time().value * 0.3;
  p.timeline.links = {{"nic (8 links)", BytesPerSecond{1}, Bytes{1}, 0.9}};
  p.memory.activations = Bytes{58 * 1073741824.0};
  p.memory.capacity = Bytes{60 * 1073741824.0};
  p.measured = p.step_time() / 1.1;
  const std::vector<std::string> sentences = headline(r);
  REQUIRE(sentences.size() == 4);
  CHECK(sentences[1] ==
        "Communication holds up a on leonardo_booster most: 30 % of the step at 8 GPUs, with nic (8 links) "
        "the busiest "
        "at 90 %.");
  CHECK(sentences[2] == "Memory is tight for a on leonardo_booster at 8 GPUs: 58.0 GiB of 60.0 GiB per GPU.");
  CHECK(sentences[3] == "The one measured step time cited here differs from its prediction by 10.0 %.");
}

TEST_CASE("points without an answer are counted") {
  Result r;
  CHECK(headline(r) == std::vector<std::string>{"This result holds no points."});
  r.points.resize(2);
  r.points[0].problem = r.points[1].problem = "does not fit";
  CHECK(headline(r) == std::vector<std::string>{"2 of 2 points have no answer; the table says why."});
}
TEST_CASE("fastest is said only where the bands part") {
  Result r;
  r.points = {point("a", 8, 0.4), point("b", 8, 0.5)};
  for (Point& p : r.points) {
    Measure& step = p.metrics[Metric::step_time];
    step.p10 = step.value * 0.95;
    step.p90 = step.value * 1.05;
  }
  std::vector<std::string> sentences = headline(r);
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].starts_with("At 8 GPUs, the fastest, b on leonardo_booster, trains"));
  r.points[0].metrics[Metric::step_time].p10 = r.points[0].step_time().value * 0.7;
  sentences = headline(r);
  REQUIRE(sentences.size() == 2);
  CHECK(sentences[0].starts_with("At 8 GPUs, b on leonardo_booster trains"));
  CHECK(sentences[1] ==
        "B on leonardo_booster is not told apart from a on leonardo_booster: their 80 % bands overlap.");
}

TEST_CASE("a site that has less power than its jobs draw is named, with how many runs are so") {
  Result r;
  r.points = {point("A", 8, 0.5)};
  const std::size_t without = headline(r).size();
  JobsRun run;
  run.run.jobs.resize(2);
  SiteTotal total;
  total.site = "CINECA, Bologna";
  total.limit = Watts{2e6};
  total.jobs.power = {1.5e6, 1.5e6};
  total.with_idle = {1.9e6, 1.9e6};
  run.run.sites = {total};
  r.runs = {run, run};
  CHECK(headline(r).size() == without);
  r.runs[1].run.sites[0].jobs.power = {2.4e6, 2.4e6};
  CHECK(
      headline(r).back() ==
      "More power than there is at CINECA, Bologna: all jobs together draw 2.4 MW at the meter, and the site "
      "has 2 MW for this machine.");
  r.runs[0] = r.runs[1];
  CHECK_THAT(headline(r).back(), Catch::EndsWith("; so in 2 of 2 runs."));
}
