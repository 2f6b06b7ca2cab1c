// aifsim search and explain through the real binary.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catalog/files.hpp"
#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::json;

std::string folder(const std::string& name) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("aifsim_search_test_" + std::to_string(::getpid()) + "_" + name);
  std::filesystem::remove_all(path);
  return path.string();
}

const std::string small_search =
    "search llama3-8b --platform dgx_h100 --gpus 8 --global-batch 16 --keep context_parallel,virtual_stages "
    "--top 3 ";

}  // namespace

TEST_CASE("a search's best layout is a scenario that gives the same figures", "[cli]") {
  const std::string out = folder("best"), again = folder("again");
  const Ran search = run_aifsim(small_search + "--json --out " + out, shipped_home);
  REQUIRE(search.code == 0);
  const Json found = Json::parse(search.out);
  CHECK(text_of(out + "/result.json") == search.out);
  REQUIRE(found["best"].size() == 3);
  CHECK(found["fitting"] < found["layouts"]);
  CHECK(text_of(out + "/report.html").find("Pareto front") != std::string::npos);
  const Ran run = run_aifsim("run " + out + "/best.yaml --json --one-placement --out " + again, shipped_home);
  REQUIRE(run.code == 0);
  const Json whole = Json::parse(run.out);
  const Json& point = whole["points"][0];
  CHECK(point["step_time_s"] == found["best"][0]["step_time_s"]);
  CHECK(point["memory"]["total_bytes"] == found["best"][0]["memory_bytes"]);
  const Ran same = run_aifsim(small_search + "--json --workers 1 --out " + again, shipped_home);
  CHECK(same.out == search.out);
  std::filesystem::remove_all(out);
  std::filesystem::remove_all(again);
}

TEST_CASE("a search's mistakes are told with what would be right, and nothing is written", "[cli]") {
  const std::string out = folder("wrong");
  const auto fails = [&](const std::string& arguments, int code, const std::string& words) {
    const Ran ran = run_aifsim("search " + arguments + " --out " + out, shipped_home);
    INFO(ran.err);
    CHECK(ran.code == code);
    CHECK(ran.err.find(words) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(out));
  };
  fails("llama3-8b --platform dgx_h100 --gpus 8x", 2, "64..512 would be");
  fails("llama3-8b --platform dgx_h100 --gpus 8..4", 2, "ends before it begins");
  fails("llama3-8b --platform dgx_h100 --gpus 8 --keep tensor", 2, "no key that the search chooses");
  fails("llama3-8b --platform dgx_h100 --gpus 8 --within 3", 2, "--within");
  fails("llama3-8b --platform dgx_h101 --gpus 8", 2, "did you mean");
  fails("gpt-175b --platform dgx_h100 --gpus 8", 1, "the one that needs least takes");
  fails("gpt-175b --platform dgx_h100 --gpus 12", 1, "");
}

TEST_CASE("explain tells where the time goes, and what twice as much of a figure gives", "[cli]") {
  const std::string out = folder("explained");
  const Ran ran =
      run_aifsim("explain " + test_root() +
                     "/scenarios/first-look.yaml --point 3 --fidelity analytical --json --out " + out,
                 shipped_home);
  REQUIRE(ran.code == 0);
  const Json found = Json::parse(ran.out);
  double sum = 0;
  for (const auto& part : found["time_goes"]) sum += part.get<double>();
  CHECK(sum == Approx(found["step_time_s"].get<double>()).epsilon(1e-6));
  REQUIRE(found["levers"].size() > 8);
  for (const auto& lever : found["levers"]) {
    INFO(lever["what"]);
    CHECK(lever["change"].get<double>() <= 1e-6);  // more is never slower
    CHECK(lever["change"].get<double>() >= -0.5);  // nor is one figure all
  }
  CHECK(found["levers"][0]["path"] == "gpu.peak");
  CHECK(text_of(out + "/explanation.html").find("What would help") != std::string::npos);
  const Ran none = run_aifsim("explain scenarios/first-look.yaml --point 1000 --out " + out, shipped_home);
  CHECK(none.code == 2);
  CHECK(run_aifsim("explain " + out, shipped_home).code == 2);  // no folder of results
  std::filesystem::remove_all(out);
}

TEST_CASE("where two changes of a layout do not make it fit, more do, or more GPUs", "[cli]") {
  const std::string out = folder("nearest"), file = out + "/s.yaml";
  std::filesystem::create_directories(out);
  const auto told = [&](const char* workload, int gpus) {
    std::ofstream(file)
        << "kind: scenario\ntitle: t\nquestion: q\nworkload: " << workload
        << "\nplatforms: [dgx_h100]\ngpus: [" << gpus << "]\nfidelity: analytical\n"
        << "variants:\n  - {label: a, training: {sharding: zero3, recompute: none, micro_batch: 1, "
           "global_batch: 64}}\n";
    return run_aifsim("run " + file + " --out " + out + "/res", shipped_home).err;
  };
  const std::string alone = told("llama3-70b", 8), more = told("llama3-405b", 8);
  CHECK(alone.find("These would fit: pipeline_parallel ") != std::string::npos);
  CHECK(alone.find("offload {optimizer: host") != std::string::npos);
  CHECK(more.find(" GPUs with ") != std::string::npos);
  std::filesystem::remove_all(out);
}

TEST_CASE("explain of a folder is of the scenario that was run, whatever it is called", "[cli]") {
  const std::string out = folder("explained_run"), file = out + "/first-look.yaml";  // as a shipped one
  std::filesystem::create_directories(out);
  std::ofstream(file) << "kind: scenario\ntitle: mine\nquestion: how long\nworkload: llama3-8b\n"
                         "platforms: [dgx_h100]\ngpus: [16]\nfidelity: flow\n";
  REQUIRE(run_aifsim("run " + file + " --fidelity analytical --out " + out + "/res", shipped_home).code == 0);
  const Ran ran = run_aifsim("explain " + out + "/res --json", shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(Json::parse(ran.out)["fidelity"] == "analytical");
  CHECK(text_of(out + "/res/explanation.html").find("mine") != std::string::npos);
  std::filesystem::remove(file);
  const Ran gone = run_aifsim("explain " + out + "/res", shipped_home);
  CHECK(gone.code == 2);
  CHECK(gone.err.find("which is no longer there") != std::string::npos);
  std::filesystem::remove_all(out);
}

}  // namespace aifsim
