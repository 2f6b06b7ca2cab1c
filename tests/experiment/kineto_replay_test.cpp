// A simulated step, written down as the PyTorch profiler would see one of its ranks, and run as a trace: on the same
// machine it takes the same time, on one with other links what the step itself takes there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "engine/engine.hpp"
#include "experiment/case.hpp"
#include "experiment/scratch.hpp"
#include "plan/cursor.hpp"
#include "records/kineto_samples.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

using records::CallSample;
using records::KinetoSample;

// When each step of each stream ran.
class Spans : public Listener {
 public:
  void ended(const StepEvent& event) override {
    if (!event.waited) spans_[event.stream].push_back({event.start.value * 1e6, event.end.value * 1e6});
  }
  const std::vector<std::pair<double, double>>& of(std::size_t stream) { return spans_[stream]; }

 private:
  std::map<std::size_t, std::vector<std::pair<double, double>>> spans_;
};

// What the host launches: in the order in which it starts, long before.
struct Launched {
  const PlanStep* step = nullptr;
  std::size_t stream = 0;
  double start = 0, end = 0, launch = 0;
  std::vector<std::pair<std::size_t, std::int64_t>> waits, records;  // events, and which of their records
};

std::string collective_name(CollectiveKind kind) {
  switch (kind) {
    case CollectiveKind::all_gather:
      return "_allgather_base";
    case CollectiveKind::reduce_scatter:
      return "_reduce_scatter_base";
    case CollectiveKind::all_reduce:
      return "allreduce";
    default:
      FAIL("a collective that these tests do not write");
  }
  return "";
}

std::string profile_of(const Plan& plan, bool told) {
  REQUIRE(plan.roles.size() == 1);
  Spans spans;
  const Seconds whole = analytical_duration(plan, &spans);
  std::vector<Launched> all;
  std::map<std::size_t, std::int64_t> recorded;
  for (std::size_t s = 0; s < plan.roles[0].streams.size(); ++s) {
    std::map<std::size_t, std::int64_t> waited;
    std::vector<std::pair<std::size_t, std::int64_t>> waits;
    std::size_t at = 0, first = all.size();
    for (StreamCursor cursor(plan.roles[0].streams[s]); !cursor.ended(); cursor.next()) {
      const PlanStep& step = cursor.step();
      if (step.kind == StepKind::wait) {
        waits.emplace_back(step.event, waited[step.event]++);
      } else if (step.kind == StepKind::record) {
        if (all.size() > first) all.back().records.emplace_back(step.event, recorded[step.event]);
        ++recorded[step.event];
      } else {
        const auto& [start, end] = spans.of(s).at(at++);
        if (step.kind == StepKind::host) continue;  // a pause
        all.push_back({&step, s, start, end, 0, std::exchange(waits, {}), {}});
      }
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Launched& a, const Launched& b) { return a.start < b.start; });
  std::map<std::pair<std::size_t, std::int64_t>, std::pair<std::size_t, double>> marks;  // stream, launch
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].launch = static_cast<double>(i) + 2;
    for (const auto& mark : all[i].records) marks[mark] = {all[i].stream, all[i].launch};
  }
  const double after = static_cast<double>(all.size()) + 1e6;  // the GPU starts when all is launched
  KinetoSample sample(static_cast<int>(plan.gpus));
  // A step before it: the host's pause between the two, with which a step ends here, is a part of the second.
  double last = 0;
  for (const Launched& one : all) last = std::max(last, one.end);
  const double pause = whole.value * 1e6 - last;
  sample.step(1, 0, 0.75).kernel("before", 0, after - pause - 10, 10, 0.5).step(2, 0.75, after);
  for (const Launched& one : all) {
    const int stream = static_cast<int>(one.stream);
    for (const auto& wait : one.waits) {
      const auto mark = marks.find(wait);
      if (!told)
        sample.wait(one.launch - 0.5);
      else if (mark != marks.end())
        sample.told_wait(stream, static_cast<int>(mark->second.first), one.launch - 0.5,
                         mark->second.second + 0.25);
    }
    const double start = after + one.start, time = one.end - one.start;
    if (one.step->kind != StepKind::collective) {
      sample.kernel("kernel", stream, start, time, one.launch);
      continue;
    }
    const PlannedCollective& call = plan.collectives[one.step->collective];
    std::string ranks;
    for (const std::int64_t rank : call.group->members)
      ranks += (ranks.empty() ? "" : ", ") + std::to_string(rank + call.group->bases.front());
    const int size = static_cast<int>(call.group->members.size());
    sample.call({collective_name(call.kind), call.bytes.value, 1, "Byte", "[" + ranks + "]", size,
                 std::to_string(call.group->number), "group " + std::to_string(call.group->number)},
                stream, start, time, one.launch);
  }
  return sample.str();
}

struct Replayed {
  double itself = 0, trace = 0;
  double error() const { return trace / itself - 1; }
};

// The same step and its trace, on a platform as it is and with other NICs.
std::vector<Replayed> replayed(const std::string& training, bool told, const std::string& slowdown) {
  const ScratchRuns scratch;
  const Catalog catalog{std::filesystem::path(test_root())};
  const std::string head =
      "kind: scenario\ntitle: t\nquestion: q\nplatforms: [dgx_h100]\nfidelity: analytical\nsweep:\n  "
      "platform.fabric.injection: [400Gbps, 200Gbps, 50Gbps, 1600Gbps]\n";
  std::vector<Replayed> made;
  std::string profile;
  const auto times = [&](const std::string& name, const std::string& rest,
                         const std::function<void(double)>& take) {
    InputReader read(catalog);
    for (const Case& c : cases_of(catalog, scratch.write(name, head + rest), {}, {}, "test")) {
      const CaseInputs inputs = read(c);
      with_plan(inputs.fabric, 0, [&](const Plan& plan) {
        take(analytical_duration(plan).value);
        if (profile.empty()) profile = profile_of(plan, told);
      });
    }
  };
  times("program.yaml",
        slowdown + "workload: gpt-2.7b\ngpus: [32]\nvariants: [{label: v, training: {" + training + "}}]\n",
        [&](double time) {
          made.push_back({time, 0});
        });
  scratch.write("t.json", profile);
  std::size_t at = 0;
  times("trace.yaml", "jobs: [{name: t, gpus: 32, trace: {file: t.json}}]\n",
        [&](double time) { made.at(at++).trace = time; });
  REQUIRE(at == made.size());
  return made;
}

}  // namespace

TEST_CASE("a step and its profile take the same time, and nearly so with other NICs", "[kineto]") {
  for (const std::string training : {"sharding: zero3", "sharding: none", "sharding: hsdp, shard_group: 8",
                                     "sharding: zero1, tensor_parallel: 4"})
    for (const bool told : {true, false})
      // What kernels lose to communication beside them is measured in a trace, and stays as it was measured.
      for (const std::string slowdown : {"  stack.compute_slowdown: [0]\n", ""}) {
        const std::vector<Replayed> made = replayed(training, told, slowdown);
        REQUIRE(made.size() == 4);
        std::string line =
            training + (told ? ", waits told" : ", waits inferred") + (slowdown.empty() ? ", slowed:" : ":");
        for (const Replayed& one : made)
          line += fmt::format(" {:.4g} s {:+.2f} %", one.itself, 100 * one.error());
        INFO(line);
        CHECK(std::abs(made[0].error()) < 0.001);
        for (const Replayed& one : made) CHECK(std::abs(one.error()) < (slowdown.empty() ? 0.08 : 0.005));
      }
}

}  // namespace aifsim
