// Several jobs on one fabric: sharing, link events, jitter, background traffic, folding.
#include <catch2/catch.hpp>
#include <numeric>

#include "../machine/machines.hpp"
#include "engine/engine.hpp"
#include "plan/background.hpp"

namespace aifsim {
namespace {

// Leaves of 4 nodes of 4 GPUs, oversubscribed 4:1, so that jobs over leaves meet on the way up.
struct NarrowTree {
  PlatformDescription platform;
  Topology topology;
  NarrowTree() : platform(describe()), topology(platform) {}

  static PlatformDescription describe() {
    PlatformDescription p = test::fat_tree(test::mesh_node(4), 16, {{"leaf", 4, 4}, {"core", 16, 1}});
    return test::at_full_rate(std::move(p));
  }

  Job job(std::vector<std::int64_t> nodes) const {
    Job j;
    j.machine = &topology;
    j.platform = &platform;
    j.gpus = 4 * std::ssize(nodes);
    j.nodes = std::move(nodes);
    return j;
  }
};

const NarrowTree& machine() {
  static const NarrowTree m;
  return m;
}

Plan gather(const Job& job, double bytes = 1e9) {
  return make_plan(
      single_collective(job.gpus, {CollectiveKind::all_gather, 0, Bytes{bytes}, Algorithm::ring}, "gather"),
      job);
}

double time_of(std::vector<JobRun> runs, const RunOptions& options = {}, std::size_t which = 0) {
  const JobsTimeline t = run_jobs(runs, machine().topology, Fidelity::flow, options);
  return t.jobs[which].duration.value;
}

}  // namespace

TEST_CASE("two jobs whose rings cross the same trunks take about twice as long; apart they do not meet",
          "[jobs]") {
  const Plan a = gather(machine().job({0, 4, 1, 5})), b = gather(machine().job({2, 6, 3, 7})),
             apart = gather(machine().job({8, 12, 9, 13}));
  const double alone = time_of({{&a, "a", Seconds{0}, 1}});
  CHECK(time_of({{&a, "a", Seconds{0}, 1}, {&b, "b", Seconds{0}, 1}}) == Approx(2 * alone).epsilon(0.02));
  CHECK(time_of({{&a, "a", Seconds{0}, 1}, {&apart, "c", Seconds{0}, 1}}) == Approx(alone));
}

TEST_CASE("an endless neighbour runs until the others have ended, and a later start meets less of it",
          "[jobs]") {
  const Plan a = gather(machine().job({0, 4, 1, 5})), b = gather(machine().job({2, 6, 3, 7}));
  const JobsTimeline t = run_jobs(std::vector<JobRun>{{&a, "a", Seconds{0}, 4}, {&b, "b", Seconds{0}, 0}},
                                  machine().topology, Fidelity::flow);
  const double alone = time_of({{&a, "a", Seconds{0}, 4}});
  CHECK(t.jobs[0].step_ends.size() == 4);
  CHECK(t.jobs[0].duration.value == Approx(2 * alone).epsilon(0.05));
  CHECK(t.duration.value == Approx(t.jobs[0].duration.value));
  CHECK(t.jobs[1].step_ends.size() >= 3);
  const double late = time_of({{&a, "a", Seconds{0}, 4}, {&b, "b", Seconds{alone / 2}, 1}});
  CHECK(late > alone);
  CHECK(late < t.jobs[0].duration.value);
}

TEST_CASE("a link with half of its capacity halves the ring's pace from then on", "[jobs]") {
  const Job job = machine().job({0, 1});
  const Plan a = gather(job, 4e9);
  const double alone = time_of({{&a, "a", Seconds{0}, 1}});
  RunOptions options;
  options.changes = {{Seconds{0}, machine().topology.nic_out(0, 0), 0.5}};
  CHECK(time_of({{&a, "a", Seconds{0}, 1}}, options) == Approx(2 * alone).epsilon(0.01));
  options.changes = {{Seconds{alone / 2}, machine().topology.nic_out(0, 0), 0.5}};
  CHECK(time_of({{&a, "a", Seconds{0}, 1}}, options) == Approx(1.5 * alone).epsilon(0.01));
}

TEST_CASE("folded and unfolded agree, and jitter of a seed gives the same bits again", "[jobs]") {
  for (const std::vector<std::int64_t>& nodes :
       {std::vector<std::int64_t>{0, 1, 2, 3}, {0, 4, 1, 5}, {3, 7, 11, 15}}) {
    Job job = machine().job(nodes);
    const Plan whole = gather(job);
    const double folded = time_of({{&whole, "a", Seconds{0}, 1}});
    job.folded = false;
    const Plan unfolded = gather(job);
    CHECK(time_of({{&unfolded, "a", Seconds{0}, 1}}) == Approx(folded).epsilon(1e-6));
    RunOptions options;
    options.jitter = {0.2, 7};
    const double jittered = time_of({{&unfolded, "a", Seconds{0}, 1}}, options);
    CHECK(jittered > folded);
    CHECK(jittered < 1.2 * folded);
    CHECK(time_of({{&unfolded, "a", Seconds{0}, 1}}, options) == jittered);
    options.jitter.seed = 8;
    CHECK(time_of({{&unfolded, "a", Seconds{0}, 1}}, options) != jittered);
  }
}

TEST_CASE("a job meets the same jitter alone and beside another, which meets its own", "[jobs]") {
  Job first = machine().job({0, 1}), second = machine().job({8, 9});
  first.folded = second.folded = false;
  const Plan a = gather(first), b = gather(second);
  RunOptions options;
  options.jitter = {0.2, 7};
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    const auto run = [&](std::vector<JobRun> jobs) {
      return run_jobs(jobs, machine().topology, level, options);
    };
    const JobsTimeline alone = run({{&b, "b", Seconds{0}, 1}}),
                       together = run({{&a, "a", Seconds{0}, 1}, {&b, "b", Seconds{0}, 1}});
    CHECK(together.jobs[1].duration.value == Approx(alone.jobs[0].duration.value).epsilon(1e-12));
    CHECK(together.jobs[0].duration.value != Approx(together.jobs[1].duration.value).epsilon(1e-6));
  }
}

TEST_CASE("background traffic slows by what it takes, and delivers what it offers where there is room",
          "[jobs]") {
  const Plan a = gather(machine().job({0, 4, 1, 5}), 4e9);
  const double alone = time_of({{&a, "a", Seconds{0}, 1}});
  for (const TrafficPattern pattern :
       {TrafficPattern::uniform, TrafficPattern::permutation, TrafficPattern::hotspot}) {
    const Plan noise = make_background({0.5, pattern, {}}, machine().job({2, 6, 3, 7}), 1);
    CHECK(time_of({{&a, "a", Seconds{0}, 1}, {&noise, "n", Seconds{0}, 0}}) > alone);
  }
  const Plan inside = make_background({0.5, TrafficPattern::permutation, {}}, machine().job({8, 9}), 1);
  const JobsTimeline t =
      run_jobs(std::vector<JobRun>{{&a, "a", Seconds{0}, 1}, {&inside, "n", Seconds{0}, 0}},
               machine().topology, Fidelity::flow);
  CHECK(t.jobs[0].duration.value == Approx(alone));
  double sent = 0;
  for (const auto& link : t.carried[1])
    if (link.link == machine().topology.nic_out(8, 0)) sent = link.units;
  CHECK(sent == Approx(0.5 * 12.5e9 * alone).epsilon(1e-6));
}

TEST_CASE("nothing to send, one rank, and 10^15 bytes", "[jobs]") {
  const Plan empty = gather(machine().job({0, 1}), 0), huge = gather(machine().job({0, 1}), 1e15);
  // Of seven steps a chunk crosses in one and three quarters.
  CHECK(time_of({{&empty, "a", Seconds{0}, 1}}) ==
        Approx(1.75 * (3e-6 + 2 * (0.5e-6 + 0.8e-6)) + 5.25 * (1e-6 + 0.7e-6)));
  CHECK(time_of({{&huge, "a", Seconds{0}, 1}}) == Approx(1e15 * 7 / 8 / 4 / 12.5e9).epsilon(0.001));
  Job one = machine().job({0});
  one.gpus = 1;
  const Plan alone = gather(one);
  CHECK(time_of({{&alone, "a", Seconds{0}, 1}}) == 0);
}

}  // namespace aifsim
