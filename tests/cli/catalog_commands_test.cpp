// list, show, check and schema, on the small catalogue of tests/catalog/data.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/binary.hpp"
#include "root.hpp"

using aifsim::run_aifsim;
using aifsim::run_shell;
using Catch::Contains;
using nlohmann::json;

TEST_CASE("list shows names and titles of one kind or of all") {
  const auto one = run_aifsim("list platforms");
  CHECK(one.code == 0);
  CHECK_THAT(one.out, Contains("small_tree") && Contains("Small fat tree (") &&
                          Contains("/platforms/small_tree.yaml)"));
  CHECK_THAT(one.out,
             Contains("mn5_acc ") && !Contains("/mn5_acc.yaml"));  // of the shipped ones the name is enough
  CHECK_THAT(one.out, !Contains("small_gpt"));
  const auto all = run_aifsim("list");
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Contains("platforms\n") && Contains("\n\ngpus\n  ") && Contains("\n  small_gpu ") &&
                          Contains("\n\nscenarios\n"));
}

TEST_CASE("list of GPUs and platforms says what each can run and what stands behind it, in 80 columns") {
  const std::string shipped = "AIFSIM_HOME=" + aifsim::test_root();
  for (const char* kind : {"gpus", "platforms"}) {
    const auto ran = run_aifsim(std::string("list ") + kind, shipped);
    REQUIRE(ran.code == 0);
    CHECK_THAT(ran.out, !Contains("cannot"));
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK((line.size() <= 80 || !line.starts_with(" ")));  // titles stand as they are
    }
  }
  const auto gpus = json::parse(run_aifsim("list gpus --json", shipped).out);
  const auto b200 =
      std::find_if(gpus.begin(), gpus.end(), [](const json& g) { return g.at("name") == "b200"; });
  REQUIRE(b200 != gpus.end());
  CHECK(b200->at("serves") == true);
  CHECK(b200->at("formats").dump() == R"(["fp64","fp32","tf32","bf16","fp16","fp8","int8","fp4"])");
  CHECK(b200->at("trains").back() == "nvfp4");
  CHECK(b200->at("evidence").at("products in fp4") == "measured");
  CHECK(b200->at("evidence").at("its backward pass") == "carried over");
  const auto platforms = json::parse(run_aifsim("list platforms --json", shipped).out);
  const auto leonardo = std::find_if(platforms.begin(), platforms.end(),
                                     [](const json& p) { return p.at("name") == "leonardo_booster"; });
  REQUIRE(leonardo != platforms.end());
  CHECK(leonardo->at("gpu") == "a100_sxm_64gb_custom");
  CHECK(leonardo->at("evidence").at("network") == "collectives measured, fitted to 34 training runs");
  CHECK(leonardo->at("evidence").at("kernels") == "carried over");
  // A data sheet alone.
  const auto sheet = run_shell(
      "home=$(mktemp -d); cp -r $AIFSIM_HOME/. $home; cd $home/gpu_models\n"
      "sed '/^gemm:/,$d' small_gpu.yaml >sheet.yaml; AIFSIM_HOME=$home $AIFSIM list gpus; code=$?; rm -r "
      "$home; exit $code");
  CHECK(sheet.code == 0);
  CHECK_THAT(sheet.out,
             Contains("cannot train: constants are missing; cannot serve: constants are missing\n") &&
                 Contains("data sheet: products in fp64"));
}

TEST_CASE("list as names and as JSON") {
  CHECK_THAT(run_aifsim("list gpus --names").out, Contains("\nsmall_gpu\n") && Contains("\nh100_sxm_80gb\n"));
  CHECK(run_aifsim("list sites meluxina_ai").out == "Bissen\nBettembourg\n");
  const auto ran = run_aifsim("list platforms --json");
  REQUIRE(ran.code == 0);
  bool found = false;
  for (const auto& entry : json::parse(ran.out)) {
    CHECK(entry.at("kind") == "platform");
    found = found || (entry.at("name") == "small_tree" && entry.at("title") == "Small fat tree");
  }
  CHECK(found);
  CHECK(run_aifsim("list --names --json").code == 2);
}

TEST_CASE("list shows the others when one file is broken, and fails with its problem") {
  const auto ran = run_shell(
      "home=$(mktemp -d); cp -r $AIFSIM_HOME/. $home; echo 'kind: platform' >$home/platforms/broken.yaml\n"
      "AIFSIM_HOME=$home $AIFSIM list platforms; code=$?; rm -r $home; exit $code");
  CHECK(ran.code == 2);
  CHECK_THAT(ran.out, Contains("small_tree") && Contains("broken"));
  CHECK_THAT(ran.err, Contains("broken.yaml:"));
}

TEST_CASE("show prints every figure with source and confidence") {
  const auto ran = run_aifsim("show platform small_tree");
  REQUIRE(ran.code == 0);
  CHECK_THAT(ran.out, Catch::StartsWith("Small fat tree\n"));
  CHECK_THAT(ran.out, Catch::Matches("(.|\n)*\nfabric.injection +100Gbps +published \\[2\\]\n(.|\n)*"));
  CHECK_THAT(ran.out, Catch::Matches("(.|\n)*\nnode.wiring\\[0\\].pairing +all +default\n(.|\n)*"));
  CHECK_THAT(
      ran.out,
      Contains("\nsources\n[1] invented for the tests of the catalogue\n[2] ACME data sheet, table 2\n"));
}

TEST_CASE("show as JSON holds the same figures") {
  const auto ran = run_aifsim("show platform small_tree --json");
  REQUIRE(ran.code == 0);
  const json entry = json::parse(ran.out);
  CHECK(entry.at("kind") == "platform");
  CHECK(entry.at("name") == "small_tree");
  bool found = false;
  for (const auto& figure : entry.at("figures")) {
    if (figure.at("path") != "fabric.injection") continue;
    found = true;
    CHECK(figure.at("value") == "100Gbps");
    CHECK(figure.at("confidence") == "published");
    CHECK(figure.at("source") == "ACME data sheet, table 2");
    CHECK_THAT(figure.at("place").get<std::string>(), Contains("small_tree.yaml:"));
  }
  CHECK(found);
}

TEST_CASE("show takes every kind, and a scenario also by its path") {
  CHECK(run_aifsim("show gpu small_gpu").code == 0);
  CHECK_THAT(
      run_aifsim("show workload small_gpt").out,
      Contains(" billion parameters; ") && Contains(" GFLOP forward (2 per multiply-add) for one sequence"));
  const json gpt = json::parse(run_aifsim("show workload small_gpt --json").out);
  CHECK(gpt.at("parameters") > 1e6);
  CHECK(gpt.at("forward_flops_per_sample") > 1e9);
  CHECK_THAT(
      run_aifsim("check $AIFSIM_HOME/workloads/small_gpt.yaml").out,
      Contains(fmt::format("small_gpt.yaml: {:.0f} parameters\n", gpt.at("parameters").get<double>())));
  const auto by_name = run_aifsim("show scenario first --json");
  CHECK(by_name.code == 0);
  CHECK(run_aifsim("show scenario $AIFSIM_HOME/scenarios/first.yaml --json").out == by_name.out);
}

TEST_CASE("show of an unknown name suggests the nearest") {
  const auto ran = run_aifsim("show platform smal_tree");
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, Contains("smal_tree") && Contains("did you mean \"small_tree\"?"));
}

TEST_CASE("show draws a platform, and nothing else") {
  const auto ran = run_shell(
      "cd $(mktemp -d) && $AIFSIM show platform small_tree --svg tree.svg >text && cat tree.svg; code=$?; rm "
      "-r $PWD; "
      "exit $code");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("<svg") && Contains("</svg>"));
  CHECK_THAT(ran.err, Contains("tree.svg"));
  CHECK(run_aifsim("show gpu small_gpu --svg /tmp/never.svg").code == 2);
  CHECK(run_aifsim("show platform small_tree --svg /nonexistent/tree.svg").code == 2);
}

TEST_CASE("check tells every problem of every file") {
  const auto fine =
      run_aifsim("check $AIFSIM_HOME/platforms/small_tree.yaml $AIFSIM_HOME/gpu_models/small_gpu.yaml");
  CHECK(fine.code == 0);
  CHECK_THAT(fine.out, Catch::Contains("small_tree.yaml: says nothing of storage"));
  CHECK_THAT(fine.out, Catch::EndsWith("2 files checked, nothing wrong\n"));
  const std::string make_two =
      "cd $(mktemp -d)\n"
      "sed 's/^nodes: 16/nodez: 16/' $AIFSIM_HOME/platforms/small_tree.yaml >one.yaml\n"
      "sed 's/^  hop_latency: 0.2us/  hop_latency: 0.2W/' $AIFSIM_HOME/platforms/small_tree.yaml >two.yaml\n";
  const auto bad =
      run_shell(make_two + "$AIFSIM check one.yaml two.yaml missing.yaml; code=$?; rm -r $PWD; exit $code");
  CHECK(bad.code == 2);
  CHECK(bad.err == "");  // findings are the answer
  CHECK_THAT(bad.out, Contains("one.yaml:8:1: ") && Contains("two.yaml:23:16: ") &&
                          Contains("missing.yaml") && Contains("3 files checked, "));
  const auto as_json = run_shell(make_two + "$AIFSIM check two.yaml --json; code=$?; rm -r $PWD; exit $code");
  CHECK(as_json.code == 2);
  const json answer = json::parse(as_json.out);
  CHECK(answer.at("exit") == 2);
  const json problems = answer.at("errors");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].at("line") == 23);
  CHECK(problems[0].at("column") == 16);
}

TEST_CASE("schema prints a JSON Schema without any catalogue") {
  for (const char* kind : {"platform", "gpu", "workload", "scenario"}) {
    const auto ran = run_aifsim(std::string("schema ") + kind, "AIFSIM_HOME=/nonexistent");
    INFO(kind);
    REQUIRE(ran.code == 0);
    CHECK(json::parse(ran.out).at("$schema") == "http://json-schema.org/draft-07/schema#");
  }
}

TEST_CASE("check warns of what cannot be, with its place, and ends well", "[cli]") {
  const std::string folder = (std::filesystem::temp_directory_path() / "aifsim_warning_test").string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::copy(std::string(aifsim::test_root()) + "/platforms/parts", folder + "/parts",
                        std::filesystem::copy_options::recursive);
  std::ofstream(folder + "/own.yaml")
      << "kind: platform\ninclude: [parts/hgx_hopper.yaml]\ntitle: own\nsite: none\n"
         "source: made up\nconfidence: assumed\nnodes: 64\n"
         "node: {gpu: h100_sxm_80gb}\n"
         "fabric:\n  kind: fat_tree\n  injection: 100GB/s\n  nic_latency: 0.7us\n"
         "  hop_latency: 0.2us\n  levels: [{name: leaf, nodes: 64}]\n";
  const std::string home = std::string("AIFSIM_HOME=") + aifsim::test_root();
  const auto text = run_aifsim("check " + folder + "/own.yaml", home);
  CHECK(text.code == 0);
  CHECK_THAT(text.out, Contains(folder + "/own.yaml:11:14: warning: NICs of 100 GB/s behind 64 GB/s"));
  CHECK_THAT(text.out, Contains("1 file checked, 1 warning"));
  const auto listed = run_aifsim("check --json " + folder + "/own.yaml", home);
  CHECK(listed.code == 0);
  CHECK_THAT(listed.out, Contains("\"warnings\": [") && Contains("\"exit\": 0"));
  const auto use = run_aifsim("collective all_reduce --ranks 16 --platform " + folder + "/own.yaml", home);
  CHECK(use.code == 0);
  CHECK_THAT(use.err, Contains("warning: NICs of 100 GB/s"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("what a sweep makes of platforms and GPUs is warned of once, with its points", "[cli]") {
  const std::string folder = (std::filesystem::temp_directory_path() / "aifsim_point_warning_test").string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string home = std::string("AIFSIM_HOME=") + aifsim::test_root();
  std::ofstream(folder + "/s.yaml")
      << "kind: scenario\ntitle: t\nquestion: q\nplatforms: [dgx_h100]\nworkload: gpt-2.7b\n"
         "fidelity: analytical\ngpus: [8]\nsweep:\n"
         "  platform.fabric.injection: [400Gbps, 800Gbps, 1600Gbps]\n  gpu.power_limit: [350W, 700W]\n";
  const auto told = run_aifsim("check " + folder + "/s.yaml", home);
  CHECK(told.code == 0);
  CHECK_THAT(told.out, Contains("1 file checked, 2 warnings"));
  CHECK_THAT(told.out,
             Contains(folder + "/s.yaml:9:") &&
                 Contains("no GPU can fill its NIC (at platform.fabric.injection 800Gbps, 1600Gbps)"));
  CHECK_THAT(told.out,
             Contains("/s.yaml:10:21: warning: power_limit of 350 W changes what kernels of h100_sxm_80gb "
                      "draw") &&
                 Contains("gpu.power_cap: 50% slows them too (at gpu.power_limit 350W)"));
  const auto ran = run_aifsim("run --json " + folder + "/s.yaml --out " + folder + "/out", home);
  CHECK(ran.code == 0);
  CHECK(json::accept(ran.out));
  CHECK_THAT(ran.err, Contains("warning: NICs of ") && Contains("warning: power_limit of 350 W"));
  // A GPU model of one's own that includes a shipped one, named as from its folder.
  std::ofstream(folder + "/gpu.yaml") << "kind: gpu\ninclude: h100_sxm_80gb.yaml\ntitle: mine\n"
                                         "power_limit: {value: 350W, confidence: assumed}\n";
  const auto own = run_shell("cd " + folder + " && $AIFSIM check gpu.yaml", home);
  CHECK_THAT(own.out, Contains("gpu.yaml:4:22: warning: power_limit of 350 W beside constants"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("layouts that go on no GPU count are warned of at their key, before they are run", "[cli]") {
  const std::string folder = (std::filesystem::temp_directory_path() / "aifsim_layout_warning_test").string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string home = std::string("AIFSIM_HOME=") + aifsim::test_root();
  const auto told = [&](const std::string& gpus, const std::string& variants) {
    std::ofstream(folder + "/s.yaml") << "kind: scenario\ntitle: t\nquestion: q\nplatforms: [dgx_h100]\n"
                                         "workload: llama3-8b\ngpus: "
                                      << gpus << "\nvariants:\n"
                                      << variants;
    const auto ran = run_aifsim("check " + folder + "/s.yaml", home);
    CHECK(ran.code == 0);
    return ran.out;
  };
  const std::string three = "  - {label: a, training: {tensor_parallel: 3}}\n";
  CHECK_THAT(told("[16]", three),
             Contains("/s.yaml:8:44: warning: tensor_parallel 3 does not divide a job of 16 GPUs"));
  CHECK_THAT(told("[16]", "  - {label: a, training: {expert_parallel: 8}}\n"),
             Contains("/s.yaml:8:44: warning: expert_parallel 8 needs a model with experts"));
  CHECK_THAT(told("[8, 12, 64]", "  - {label: a, training: {context_parallel: 3}}\n"), Contains("warning: "));
  CHECK_THAT(told("[16]", "  - {label: a, training: {tensor_parallel: 2}}\n"), Contains("nothing wrong"));
  // One count that goes is enough.
  CHECK_THAT(told("[12, 64]", "  - {label: a, training: {pipeline_parallel: 16}}\n"),
             Contains("nothing wrong"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("check finds nodes that a platform lacks, unknown collectives of jobs and mistyped files") {
  const auto ran = run_shell(R"sh(cd $(mktemp -d)
cat > listed.yaml <<'EOF'
kind: scenario
title: t
question: q
platforms: [leonardo_booster]
workload: gpt-2.7b
gpus: [8]
placement: {policy: list, nodes: [3, 99999]}
EOF
cat > jobs.yaml <<'EOF'
kind: scenario
title: t
question: q
platforms: [leonardo_booster]
jobs:
  - {name: a, gpus: 8, placement: {policy: list, nodes: [0, 1]}, collective: {kind: all_redcue, size: 1GiB}}
  - {name: b, gpus: 8, placement: {policy: list, nodes: [1, 2]}, collective: {kind: all_gather, size: 1GiB}}
EOF
$AIFSIM check listed.yaml; echo "code $?"
$AIFSIM check jobs.yaml; echo "code $?"
$AIFSIM check lisetd.yaml; echo "code $?"
sed -i 's/99999/4/' listed.yaml; $AIFSIM check listed.yaml; echo "code $?"
rm -r "$PWD")sh",
                             "AIFSIM_HOME=" + aifsim::test_root());
  INFO(ran.out << ran.err);
  CHECK_THAT(ran.out, Contains("listed.yaml:7:") && Contains("there is no node 99999 in leonardo_booster"));
  CHECK_THAT(ran.out,
             Contains("jobs.yaml:6:") && Contains("found \"all_redcue\", did you mean \"all_reduce\"?"));
  CHECK_THAT(ran.out, Contains("jobs.yaml:7:") && Contains("placement.nodes: node 1 is taken"));
  CHECK_THAT(ran.out, Contains("lisetd.yaml: there is no such file, did you mean \"listed.yaml\"?"));
  CHECK_THAT(ran.out, Contains("nothing wrong\ncode 0"));
}

TEST_CASE("platform new writes a file that check accepts, and never over another") {
  const aifsim::Ran ran = aifsim::run_shell(
      "cd $(mktemp -d) && $AIFSIM platform new ours --from leonardo_booster && $AIFSIM check ours.yaml && "
      "echo mine > taken.yaml && ! $AIFSIM platform new taken --from leonardo_booster && cat taken.yaml && "
      "$AIFSIM platform new leonardo_booster --from leonardo_booster && $AIFSIM check leonardo_booster.yaml",
      "AIFSIM_HOME=" + aifsim::test_root());
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Catch::Contains("1 file checked, nothing wrong") && Catch::Contains("mine"));
  CHECK_THAT(ran.err, Catch::Contains("taken.yaml: is there already, and stays as it is"));
}

TEST_CASE("platform figures tells what a machine comes to beside what was published") {
  const aifsim::Ran ran = aifsim::run_shell("$AIFSIM platform figures juwels_booster --markdown",
                                            "AIFSIM_HOME=" + aifsim::test_root());
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Contains("| juwels_booster | 3744 | 73 | 1168 |") && Contains("fp64 71 (+2.9 %)") &&
                          Contains("HPL 44.1"));
  const aifsim::Ran none =
      aifsim::run_shell("$AIFSIM platform figures juwels_boster", "AIFSIM_HOME=" + aifsim::test_root());
  CHECK(none.code == 2);
}
