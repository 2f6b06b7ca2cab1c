// A program written as Chakra traces and read back takes the same time.
#include "experiment/chakra_export.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/engine.hpp"
#include "experiment/case.hpp"
#include "experiment/scratch.hpp"
#include "lowering/trace/lower.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

struct Steps {
  double program = 0, trace = 0;
  std::size_t roles = 0;
};

Steps written_and_read(const std::string& platform, const std::string& workload, std::int64_t gpus,
                       const std::string& training) {
  const ScratchRuns scratch;
  const Catalog catalog{std::filesystem::path(test_root())};
  const std::string head =
      "kind: scenario\ntitle: t\nquestion: q\nplatforms: [" + platform + "]\nfidelity: analytical\n";
  const std::string count = std::to_string(gpus);
  const auto step = [&](const std::string& name, const std::string& rest, bool write) {
    InputReader read(catalog);
    const CaseInputs inputs =
        read(cases_of(catalog, scratch.write(name, head + rest), {}, {}, "test").front());
    double time = 0;
    with_plan(inputs.fabric, 0, [&](const Plan& plan) {
      time = analytical_duration(plan).value;
      if (!write) return;
      for (const auto& [file, content] : chakra_files(plan)) scratch.write(file, content);
    });
    return time;
  };
  Steps steps;
  steps.program = step("program.yaml",
                       "workload: " + workload + "\ngpus: [" + count +
                           "]\nvariants: [{label: v, training: {" + training + "}}]\n",
                       true);
  steps.trace =
      step("trace.yaml",
           "jobs: [{name: t, gpus: " + count + ", trace: {file: trace, groups: comm_group.json}}]\n", false);
  TraceDescription trace;
  trace.file = chakra_prefix;
  trace.groups = chakra_groups;
  trace.place.file = (scratch / "trace.yaml").string();
  steps.roles = lower_trace(trace, gpus).roles.size();
  return steps;
}

}  // namespace

TEST_CASE("a step that is written as traces and read back takes the same time", "[experiment]") {
  const auto same = [](const Steps& steps) {
    INFO(steps.program << " s as a program, " << steps.trace << " s as a trace");
    CHECK(std::abs(steps.trace / steps.program - 1) < 0.01);
  };
  SECTION("full sharding") {
    const Steps steps = written_and_read("leonardo_booster", "gpt-2.7b", 16, "sharding: zero3");
    same(steps);
    CHECK(steps.roles == 1);
  }
  SECTION("hybrid sharding") {
    same(written_and_read("mn5_acc", "gpt-2.7b", 16, "sharding: hsdp, shard_group: 4"));
  }
  SECTION("tensor and pipeline parallel") {
    const Steps steps = written_and_read(
        "dgx_h100", "gpt-2.7b", 32,
        "sharding: zero1, tensor_parallel: 4, pipeline_parallel: 4, global_batch: 16, micro_batch: 1");
    same(steps);
    CHECK(steps.roles == 4);
  }
}

}  // namespace aifsim
