// aifsim compare through the real binary.
#include <unistd.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text_table.hpp"
#include "catalog/files.hpp"
#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("aifsim_compare_test_" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return *this / name;
  }

 private:
  fs::path path_;
};

std::string compare_scenario(const std::string& training, const std::string& more) {
  return "kind: scenario\ntitle: t\nquestion: q\nworkload: llama3-8b\ngpus: [8]\nseed: 1\nvariants:\n"
         "  - {label: one, training: {" +
         training + "}}\n" + more;
}

const std::string work =
    "global_batch: 16, tokens: 1B, availability: 95%, context_parallel: 1, virtual_stages: 1, "
    "sequence_parallel: "
    "false";
const std::string kept = "context_parallel,virtual_stages,sequence_parallel";

}  // namespace

TEST_CASE("a comparison has the figures that a search and a run have on their own", "[cli]") {
  const Folder folder;
  const std::string file =
      folder.write("two.yaml", compare_scenario(work, "platforms: [mn5_acc, leonardo_booster]\n"));
  const std::string command =
      "compare " + file + " --json --out " + (folder / "out") + " --report " + (folder / "page.html");
  const Ran ran = run_aifsim(command, shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const Json all = Json::parse(ran.out);
  CHECK(text_of(folder / "out/result.json") == ran.out);
  CHECK(text_of(folder / "page.html") == text_of(folder / "out/report.html"));
  CHECK(text_of(folder / "page.html").find("\"command\":\"aifsim compare " + file + "\"") !=
        std::string::npos);
  REQUIRE(all["works"].size() == 1);
  const Json& proposals = all["works"][0]["proposals"];
  REQUIRE(proposals.size() == 2);
  CHECK(proposals[0]["run_time_s"] < proposals[1]["run_time_s"]);  // the soonest first
  CHECK(all["works"][0]["answer"].get<std::string>().starts_with("Soonest is " +
                                                                 proposals[0]["title"].get<std::string>()));
  for (const Json& proposal : proposals) {
    const std::string platform = proposal["platform"], number = std::to_string(proposal["number"].get<int>());
    INFO(platform);
    const Ran search =
        run_aifsim("search llama3-8b --platform " + platform + " --gpus 8 --global-batch 16 --keep " + kept +
                       " --json --out " + (folder / "search"),
                   shipped_home);
    REQUIRE(search.code == 0);
    const Json found = Json::parse(search.out);
    CHECK(found["layouts"] == proposal["layouts"]);
    CHECK(found["fitting"] == proposal["fitting"]);
    CHECK(found["best"][0]["words"] == proposal["words"]);
    CHECK(found["best"][0]["memory_bytes"] == proposal["memory_bytes"]);
    for (const char* metric : {"step_time_s", "mfu", "carbon_per_step_g", "electricity_per_step_eur"})
      CHECK(found["best"][0][metric] == proposal[metric]);

    const Ran run = run_aifsim("run " + (folder / ("out/best-" + number + ".yaml")) +
                                   " --json --one-placement --out " + (folder / "run"),
                               shipped_home);
    INFO(run.err);
    REQUIRE(run.code == 0);
    const Json whole = Json::parse(run.out);
    const Json& point = whole["points"][0];
    for (const char* metric :
         {"step_time_s", "step_time_p10_s", "step_time_p90_s", "mfu", "run_time_s", "run_time_p10_s",
          "run_gpu_hours", "run_energy_j", "run_carbon_g", "run_electricity_eur", "run_cost_eur"}) {
      INFO(metric);
      CHECK(point[metric].is_number());
      CHECK(point[metric] == proposal[metric]);
    }
  }

  const Ran again = run_aifsim(command + " --workers 1", shipped_home);  // from the store
  CHECK(again.out == ran.out);

  const Ran table =
      run_aifsim("compare " + file + " --out " + (folder / "out"), shipped_home + " COLUMNS=80");
  CHECK(table.code == 0);
  CHECK(table.out.find("Soonest is ") != std::string::npos);
  std::istringstream lines(table.out);
  for (std::string line; std::getline(lines, line);)
    if (line.find(folder / "out") == std::string::npos) CHECK(text_width(line) <= 80);
}

TEST_CASE("of a machine whose cost is not told the electricity is no cost, and its carbon is marked",
          "[cli]") {
  const Folder folder;
  folder.write("bare.yaml", "kind: platform\ninclude: " + (test_root() + "/platforms/mn5_acc.yaml") +
                                "\ntitle: The same\nsource: a test\nconfidence: assumed\ncost: null\n");
  const std::string file =
      folder.write("two.yaml", compare_scenario(work, "platforms: [mn5_acc, bare.yaml]\n"));
  const std::string command =
      "compare " + file + " --fidelity analytical --no-influence --out " + (folder / "out");
  const Ran ran = run_aifsim(command + " --json", shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const Json all = Json::parse(ran.out);
  REQUIRE(all["works"][0]["proposals"].size() == 2);
  for (const Json& proposal : all["works"][0]["proposals"]) {
    const bool bare = proposal["platform"] != "mn5_acc";
    CHECK(proposal["run_cost_eur"].is_null() == bare);
    CHECK(proposal["cost_per_gpu_hour_eur"].is_null() == bare);
    CHECK(proposal["run_embodied_g"].is_null() == bare);
    CHECK(proposal["run_electricity_eur"].is_number());
  }
  const Ran table = run_aifsim(command, shipped_home);
  CHECK_THAT(table.out, Catch::Contains("CO2e of the electricity alone"));
}

TEST_CASE("a proposal that cannot run is a row with its reason, and a swept figure is in its best layout",
          "[cli]") {
  const Folder folder;
  const std::string file = folder.write(
      "swept.yaml",
      compare_scenario(
          work + ", recompute: full, micro_batch: 1",
          "platforms: [dgx_h100]\nplacement: {policy: random}\nsweep:\n  training.tensor_parallel: [2, 7]\n"
          "  platform.fabric.injection: [100Gbps]\n"));
  const Ran ran =
      run_aifsim("compare " + file + " --fidelity analytical --no-influence --json --out " + (folder / "out"),
                 shipped_home);
  CHECK(ran.code == 1);
  CHECK(ran.err.find("1 of 2 proposals have no answer") != std::string::npos);
  const Json all = Json::parse(ran.out);
  const Json& proposals = all["works"][0]["proposals"];
  REQUIRE(proposals.size() == 2);
  CHECK(proposals[0]["layout"]["tensor_parallel"] == "2");
  CHECK(proposals[0]["layout"]["recompute"] == "full");
  CHECK(proposals[0]["sweep"]["platform.fabric.injection"] == "100Gbps");
  CHECK(proposals[1]["problem"].get<std::string>().find("no layout of") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "out/best-2.yaml"));
  const Ran run =
      run_aifsim("run " + (folder / "out/best-1.yaml") + " --json --one-placement --out " + (folder / "run"),
                 shipped_home);
  INFO(run.err);
  REQUIRE(run.code == 0);
  CHECK(Json::parse(run.out)["points"][0]["step_time_s"] == proposals[0]["step_time_s"]);
}

TEST_CASE("proposals with different work are not compared", "[cli]") {
  const Folder folder;
  const auto write = [&](const std::string& tokens) {
    return folder.write(
        "works.yaml",
        compare_scenario(
            "global_batch: 16, recompute: full, micro_batch: 1, tensor_parallel: 2, context_parallel: 1" +
                tokens,
            "platforms: [dgx_h100]\nsweep:\n  training.tokens: [1B, 2B]\n"));
  };
  const std::string arguments = " --fidelity analytical --no-influence --json --out " + (folder / "out");
  CHECK(run_aifsim("compare " + write(", tokens: 1B") + arguments, shipped_home).code == 2);  // swept as well
  const Ran ran = run_aifsim("compare " + write("") + arguments, shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const Json all = Json::parse(ran.out);
  REQUIRE(all["works"].size() == 2);
  CHECK(all["works"][1]["proposals"][0]["run_time_s"].get<double>() ==
        Approx(2 * all["works"][0]["proposals"][0]["run_time_s"].get<double>()));
}

TEST_CASE("a comparison's mistakes are told with their place, and nothing is written", "[cli]") {
  const Folder folder;
  const auto fails = [&](const std::string& text, const std::string& arguments, const std::string& words) {
    const Ran ran =
        run_aifsim("compare " + folder.write("wrong.yaml", text) + arguments + " --out " + (folder / "out"),
                   shipped_home);
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.err.find(words) != std::string::npos);
    CHECK(ran.out.empty());
    CHECK_FALSE(fs::exists(folder / "out"));
  };
  const std::string where = "platforms: [dgx_h100]\n";
  fails(compare_scenario("global_batch: 16", where), "", "wrong.yaml:1:1: training.tokens is missing");
  fails(compare_scenario("tokens: 1B", where), "", "training.global_batch is missing");
  fails(compare_scenario(work, "platforms: [dgx_h101]\n"), "", "did you mean");
  fails(compare_scenario(work, where), " --report /nowhere/at/all.html", "/nowhere/at/all.html");
  fails(
      "kind: scenario\ntitle: t\nquestion: q\nplatforms: [dgx_h100]\njobs:\n  - {name: a, gpus: 8, workload: "
      "llama3-8b}\n",
      "", "`aifsim run` answers them");
}

TEST_CASE("every scenario of the planner's studies is sound and has a page with its command", "[cli]") {
  const fs::path studies = fs::path(test_root()) / "scenarios/planner";
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(studies)) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path());
    const Ran ran = run_aifsim("check " + entry.path().string(), shipped_home);
    INFO(ran.out);
    CHECK(ran.code == 0);
    const std::string name = entry.path().filename().string();
    if (text_of(entry.path().string()).find("kind: scenario") == std::string::npos) continue;
    ++count;
    const std::string page = text_of(fs::path(entry.path()).replace_extension(".md").string());
    CHECK((page.find("./aifsim compare scenarios/planner/" + name) != std::string::npos ||
           page.find("./aifsim run scenarios/planner/" + name) != std::string::npos));
  }
  CHECK(count >= 4);
}

}  // namespace aifsim
