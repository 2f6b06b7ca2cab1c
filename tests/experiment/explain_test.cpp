#include "experiment/explain.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "root.hpp"
#include "scratch.hpp"

namespace aifsim {
namespace {

Explanation explained(const std::string& platform, int gpus = 16) {
  const Catalog catalog{std::filesystem::path(test_root())};
  const ScratchRuns folder;
  const std::filesystem::path file =
      folder.write("sides.yaml", "kind: scenario\ntitle: t\nquestion: q\nplatforms: ['" + platform +
                                     "']\nworkload: gpt-2.7b\ngpus: [" + std::to_string(gpus) +
                                     "]\nfidelity: analytical\nvariants:\n"
                                     "  - {label: v, training: {sharding: hsdp, shard_group: 8}}\n");
  const std::vector<Case> cases = cases_of(catalog, file, {}, {.other_placements = false}, "test");
  InputReader inputs(catalog);
  return explain(cases.front(), inputs, 2);
}

double step_of(const Explanation& e, const std::string& what) {
  for (const Lever& lever : e.levers)
    if (lever.what == what) {
      CHECK(lever.problem.empty());
      return lever.step.value;
    }
  FAIL_CHECK("no lever " << what);
  return 0;
}

}  // namespace

TEST_CASE("of a job on two machines each side's nodes, NICs, switches and uplink are doubled by name",
          "[experiment]") {
  const Explanation e = explained("federation:it4lia_ai+hammerhai");
  std::map<std::string, int> paths;
  for (const Lever& lever : e.levers) {
    CHECK(lever.problem.empty());
    CHECK(++paths[lever.path] == 1);
  }
  const double now = e.outcome.run.jobs.front().figures.metrics[Metric::step_time].value;
  for (const Lever& lever : e.levers) {
    INFO(lever.what);  // what software does otherwise may be worse
    CHECK(lever.step.value <= now * (lever.kind == LeverKind::software ? 1.01 : 1 + 1e-9));
  }
  for (const char* side : {"it4lia_ai", "hammerhai"}) {
    const std::string name = side;
    CHECK(paths.count("platform.partitions." + name + ".fabric.injection") == 1);
    CHECK(paths.count("platform.partitions." + name + ".node.wiring[0].bandwidth") == 1);
    CHECK(paths.count("platform.machines." + name + ".uplink") == 1);
    step_of(e, name + ": twice the bandwidth of NICs");
  }
  CHECK(step_of(e, "matrix units twice as fast on it4lia_ai and hammerhai") < now * 0.999);
  // All replicas wait for the wide area, whoever is quicker at home.
  CHECK(step_of(e, "twice the bandwidth of links between sites") < now * 0.9);
}

TEST_CASE("a job on one machine of several has levers on that machine's own fabric", "[experiment]") {
  const Explanation e = explained("federation:hammerhai");
  bool own = false;
  for (const Lever& lever : e.levers) {
    CHECK(lever.what.find(": ") == std::string::npos);
    own |= lever.path.starts_with("platform.machines.hammerhai.");
  }
  CHECK(own);
}

TEST_CASE("like wires of a node are doubled together, and all of them", "[experiment]") {
  const Explanation e = explained("l40s_pcie8", 8);
  const double now = e.outcome.run.jobs.front().figures.metrics[Metric::step_time].value;
  std::map<std::string, std::string> paths;
  for (const Lever& lever : e.levers) paths[lever.what] = lever.path;
  CHECK(paths["twice the bandwidth from gpu* to pcie*"] == "platform.node.wiring[0..7].bandwidth");
  CHECK(paths["twice the bandwidth from pcie* to cpu*"] == "platform.node.wiring[16..17].bandwidth");
  CHECK(paths["twice the bandwidth from cpu0 to cpu1"] == "platform.node.wiring[18].bandwidth");
  CHECK(paths["twice the bandwidth of all wires inside nodes"] == "platform.node.wiring[0..18].bandwidth");
  // Each of the three that a ring passes through holds it up.
  CHECK(step_of(e, "twice the bandwidth of all wires inside nodes") < 0.7 * now);
}

}  // namespace aifsim
