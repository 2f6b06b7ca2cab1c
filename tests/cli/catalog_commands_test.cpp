// list, show, check and schema, on the small catalogue of tests/catalog/data.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "root.hpp"

using aifsim::run_aifsim;
using aifsim::run_shell;
using Catch::Contains;
using nlohmann::json;

TEST_CASE("list shows names and titles of one kind or of all") {
  const auto one = run_aifsim("list platforms");
  CHECK(one.code == 0);
  CHECK_THAT(one.out, Contains("small_tree       Small fat tree\n"));
  CHECK_THAT(one.out, !Contains("small_gpu"));
  const auto all = run_aifsim("list");
  CHECK(all.code == 0);
  CHECK_THAT(all.out,
             Contains("platforms\n") && Contains("\n\ngpus\n  small_gpu  ") && Contains("\n\nscenarios\n"));
}

TEST_CASE("list as names and as JSON") {
  CHECK(run_aifsim("list gpus --names").out == "small_gpu\n");
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
  CHECK_THAT(ran.out, Contains("\nfabric.injection                     100Gbps         published   [2]\n"));
  CHECK_THAT(ran.out,
             Contains("\nnode.wiring[0].pairing               all                         default\n"));
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
  CHECK(run_aifsim("show workload small_gpt").code == 0);
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
  CHECK(fine.out == "2 files checked, nothing wrong\n");
  const std::string make_two =
      "cd $(mktemp -d)\n"
      "sed 's/^nodes: 16/nodez: 16/' $AIFSIM_HOME/platforms/small_tree.yaml >one.yaml\n"
      "sed 's/^  hop_latency: 0.2us/  hop_latency: 0.2W/' $AIFSIM_HOME/platforms/small_tree.yaml >two.yaml\n";
  const auto bad =
      run_shell(make_two + "$AIFSIM check one.yaml two.yaml missing.yaml; code=$?; rm -r $PWD; exit $code");
  CHECK(bad.code == 2);
  CHECK(bad.out == "");
  CHECK_THAT(bad.err, Contains("one.yaml:8:1: ") && Contains("two.yaml:23:16: ") && Contains("missing.yaml"));
  const auto as_json = run_shell(make_two + "$AIFSIM check two.yaml --json; code=$?; rm -r $PWD; exit $code");
  CHECK(as_json.code == 2);
  const json problems = json::parse(as_json.out);
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
  const auto as_json = run_aifsim("check --json " + folder + "/own.yaml", home);
  CHECK(as_json.code == 0);
  CHECK_THAT(as_json.out, Contains("\"severity\": \"warning\""));
  const auto use = run_aifsim("collective all_reduce --ranks 16 --platform " + folder + "/own.yaml", home);
  CHECK(use.code == 0);
  CHECK_THAT(use.err, Contains("warning: NICs of 100 GB/s"));
  std::filesystem::remove_all(folder);
}
