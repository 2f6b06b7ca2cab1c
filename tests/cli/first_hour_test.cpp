// What a new user meets: own files, points without an answer, mistyped words, errors as JSON, narrow terminals.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

using Catch::Contains;
using nlohmann::json;

// A folder with one platform of the user's own and a scenario; `command` runs in it.
Ran in_own_folder(const std::string& scenario, const std::string& command) {
  return run_shell(
      "own=$(mktemp -d); cd $own; mkdir platforms\n"
      "sed 's/^title: .*/title: Mine/' " +
      std::string(test_root()) +
      "/platforms/mn5_acc.yaml >platforms/mine.yaml\n"
      "cat >q.yaml <<'END'\nkind: scenario\ntitle: t\nquestion: q\nworkload: gpt-2.7b\n"
      "fidelity: analytical\n" +
      scenario + "END\n" + command + "\ncode=$?; cd /; rm -r $own; exit $code");
}

const std::string two_variants =
    "platforms: [mine]\ngpus: [6, 8, 16]\nvariants:\n"
    "  - {label: full, training: {sharding: zero3, micro_batch: 1, global_batch: 64}}\n"
    "  - {label: hybrid, training: {sharding: hsdp, shard_group: 4, micro_batch: 1, global_batch: 64}}\n";

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto characters =
        std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    most = std::max(most, static_cast<std::size_t>(characters));
  }
  return most;
}

}  // namespace

TEST_CASE("one platform of one's own needs no copy of the rest; points without an answer do not end a sweep",
          "[cli]") {
  const Ran ran =
      in_own_folder(two_variants, "$AIFSIM run q.yaml --json --out out && ls out; ls out/report.html");
  CHECK(ran.code == 0);  // of ls: the report is written all the same
  const json result = json::parse(ran.out.substr(0, ran.out.rfind('}') + 1));
  REQUIRE(result.at("points").size() == 6);
  for (const auto& point : result.at("points")) {
    CHECK(point.at("platform") == "mine");
    if (point.at("gpus") == 6) {
      CHECK_THAT(point.at("problem").get<std::string>(), Contains("6 GPUs does not fill nodes of 4 GPUs"));
      continue;
    }
    CHECK(point.at("problem").is_null());
    CHECK(point.at("tokens_per_step") == 64 * 4096);
  }
  CHECK(result.at("unequal_work").is_null());
  CHECK(in_own_folder(two_variants, "$AIFSIM run q.yaml --out out").code == 1);
  CHECK_THAT(ran.err, Contains("aifsim: no answer: 2 of 6 points; first reason: "));
}

TEST_CASE("a global batch that does not divide is told with its place, for its point alone", "[cli]") {
  const Ran ran = in_own_folder(
      "platforms: [mine]\ngpus: [8, 16]\nvariants:\n"
      "  - {label: full, training: {sharding: zero3, micro_batch: 1, global_batch: 24}}\n",
      "$AIFSIM run q.yaml --out out");
  CHECK(ran.code == 1);
  CHECK_THAT(ran.out,
             Contains("full, 16 GPUs: q.yaml:9:77: global_batch 24 is no multiple of 16 data-parallel "
                      "ranks x micro_batch 1 = 16; 16 or 32 would be"));
  const Ran both = in_own_folder(
      "platforms: [mine]\ngpus: [8]\nvariants:\n"
      "  - {label: a, training: {gradient_accumulation: 2, global_batch: 16}}\n",
      "$AIFSIM run q.yaml");
  CHECK(both.code == 2);
  CHECK_THAT(both.err, Contains("global_batch: stands beside gradient_accumulation"));
}

TEST_CASE("unequal work is said above the table, empty memory and a ranking that turns below it", "[cli]") {
  const Ran ran = in_own_folder(
      "platforms: [mine]\ngpus: [16]\nvariants:\n"
      "  - {label: short, training: {sharding: zero3, micro_batch: 1}}\n"
      "  - {label: long, training: {sharding: zero3, micro_batch: 1, gradient_accumulation: 2}}\n",
      "$AIFSIM run q.yaml --out out");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out,
             Contains("Unequal work: steps of 16 GPUs train different numbers of tokens (65.5k in short, "
                      "131k in long)."));
  CHECK_THAT(ran.out, Contains(" % of the usable memory; micro_batch "));
}

TEST_CASE("a ranking that a larger micro-batch would turn is told at both variants", "[cli]") {
  const Ran ran = run_shell(R"sh(own=$(mktemp -d); cd $own; cat >q.yaml <<'END'
kind: scenario
title: t
question: q
platforms: [leonardo_booster]
workload: gpt-2.7b
gpus: [256]
fidelity: analytical
variants:
  - {label: gathered, training: {sharding: zero3, micro_batch: 1}}
  - {label: split, training: {sharding: zero1, tensor_parallel: 2, micro_batch: 1}}
END
$AIFSIM run q.yaml --out out; code=$?; cd /; rm -r $own; exit $code)sh");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out,
             Contains("the ranking turns with the largest micro_batch that fits (4 here, at global batch "
                      "1024): faster than \"split\" (4)"));
  CHECK_THAT(ran.out, Contains("(4 here, at global batch 1024): slower than \"gathered\" (4)"));
}

TEST_CASE("jobs and sweeps of collectives go on after what has no answer, and exit with 1", "[cli]") {
  const std::string own = "AIFSIM_HOME=" + std::string(test_root());
  const Ran sweep = run_aifsim("collective all_reduce --platform mn5_acc --ranks 6 --sweep ranks", own);
  CHECK(sweep.code == 1);
  CHECK_THAT(sweep.out,
             Contains("     2  ring") && Contains("     6  ") &&
                 Contains("no answer: a job of 6 GPUs does not fill nodes of 4 GPUs; 4 or 8 would"));
  CHECK_THAT(sweep.err, Contains("aifsim: no answer: 1 of the sweep's points; first reason: "));
}

TEST_CASE("errors are JSON where the answer would be, and text all the same", "[cli]") {
  const auto errors = [](const std::string& arguments, int code) {
    const Ran ran = run_aifsim(arguments);
    INFO(arguments);
    CHECK(ran.code == code);
    const json all = json::parse(ran.out);
    CHECK(all.at("exit") == code);
    REQUIRE_FALSE(all.at("errors").empty());
    const json first = all.at("errors")[0];
    CHECK_THAT(ran.err, Contains(first.at("message").get<std::string>()));
    return first;
  };
  CHECK(errors("show platform nothing_like_it --json", 2).at("line").is_null());
  CHECK(errors("collective all_redue --platform small_tree --ranks 8 --json", 2).at("message") ==
        "KIND: unknown word \"all_redue\", did you mean \"all_reduce\"?");
  CHECK(errors("collective all_reduce --platform small_tree --ranks 100000 --json", 1).at("file").is_null());
  CHECK(errors("run --json", 2).at("message") == "SCENARIO is required");
}

TEST_CASE("mistyped words exit with 2 and suggest what exists", "[cli]") {
  const auto told = [](const std::string& arguments) {
    const Ran ran = run_aifsim(arguments);
    INFO(arguments);
    CHECK(ran.code == 2);
    CHECK(ran.out == "");
    return ran.err;
  };
  CHECK_THAT(told("show platform mn5_ac"), Contains("did you mean \"mn5_acc\"?") && Contains("/platforms"));
  CHECK_THAT(told("show gpu h100"),
             Contains("\"h100_pcie_80gb\", \"h100_sxm_64gb_custom\", \"h100_sxm_80gb\", "
                      "\"h100_sxm_96gb\""));
  CHECK_THAT(told("runn x"), Contains("did you mean \"run\"?"));
  CHECK_THAT(told("list platform"), Contains("did you mean \"platforms\"?"));
  CHECK_THAT(told("run first --fidelity flw"), Contains("did you mean \"flow\"?"));
  CHECK_THAT(told("run first --ot x"), Contains("did you mean \"--out\"?"));
  CHECK_THAT(told("run frist"), Contains("did you mean \"first\"?"));
  CHECK_THAT(told("transfer meluxina_ai Bisen Bettembourg"), Contains("did you mean \"Bissen\"?"));
}

TEST_CASE("tables fit a terminal of 80 columns, and keep their lines where no width is known", "[cli]") {
  const std::string home = "AIFSIM_HOME=" + std::string(test_root());
  for (const char* command : {"run first-look --fidelity analytical --out $(mktemp -d)/o", "list",
                              "list platforms", "show gpu h100_sxm_80gb", "show platform lumi_g",
                              "bisection lumi_g", "collective all_reduce --platform mn5_acc --ranks 64"}) {
    INFO(command);
    const Ran narrow = run_aifsim(command, home + " COLUMNS=80");
    CHECK(narrow.code == 0);
    // Paths are words, which are not broken.
    std::istringstream lines(narrow.out);
    for (std::string line; std::getline(lines, line);)
      if (line.find('/') == std::string::npos || line.find(' ') == std::string::npos)
        CHECK(widest(line) <= 80);
  }
  CHECK(widest(run_aifsim("collective all_reduce --platform mn5_acc --ranks 64", home).out) > 80);
}

TEST_CASE("every command has an example in its help", "[cli]") {
  for (const char* command : {"run",
                              "fidelity",
                              "collective",
                              "validate training",
                              "validate kernels",
                              "validate collectives",
                              "list",
                              "show",
                              "check",
                              "bisection",
                              "transfer",
                              "schema",
                              "completion",
                              "import",
                              "calibrate gpu",
                              "calibrate collectives",
                              "calibrate training",
                              "measure",
                              "docs",
                              "test"}) {
    INFO(command);
    const Ran ran = run_aifsim(std::string(command) + " --help");
    CHECK(ran.code == 0);
    CHECK_THAT(ran.out, Contains("\nExample") && Contains(std::string("aifsim ") + command));
  }
}

}  // namespace aifsim
