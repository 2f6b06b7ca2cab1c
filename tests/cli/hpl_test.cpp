// HPL through the real binary: a job in a scenario, and `aifsim validate hpl`.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"

namespace aifsim {
namespace {

Ran run_hpl(const std::string& platform, const std::string& job) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("aifsim_hpl_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "s.yaml") << "kind: scenario\ntitle: t\nquestion: q\nplatforms: [" + platform +
                                          "]\njobs:\n  - {name: hpl, " + job + "}\nfidelity: analytical\n";
  Ran ran = run_aifsim("run " + (folder / "s.yaml").string() + " --json --out " + (folder / "o").string(),
                       shipped_home);
  std::filesystem::remove_all(folder);
  return ran;
}

}  // namespace

TEST_CASE("a scenario runs HPL on a whole machine and sets it beside what was published", "[cli][hpl]") {
  const Ran ran = run_hpl("mn5_gpp", "hpl: {}");
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const nlohmann::json point = nlohmann::json::parse(ran.out).at("points").at(0);
  CHECK(point.at("gpus") == 12816);
  const double rate = point.at("flops_per_s"), power = point.at("machine_power_w"),
               time = point.at("step_time_s");
  CHECK(rate / power == Approx(point.at("flops_per_joule").get<double>()));
  CHECK(rate > point.at("flops_per_s_p10").get<double>());
  CHECK(rate < point.at("flops_per_s_p90").get<double>());
  CHECK(time > 3600);
  CHECK_THAT(point.at("note").get<std::string>(),
             Catch::Contains("published: 40.1 PFLOP/s (") && Catch::Contains("5.7 MW ("));
}

TEST_CASE("GPUs that no grid takes are told", "[cli][hpl]") {
  const Ran ran = run_hpl("dgx_h100", "gpus: 7, hpl: {}");
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const nlohmann::json point = nlohmann::json::parse(ran.out).at("points").at(0);
  CHECK_THAT(point.at("note").get<std::string>(), Catch::Contains("1 of the job's 7 GPUs idle"));
}

TEST_CASE("mistakes in a job hpl are told with their place", "[cli][hpl]") {
  const Ran grid = run_hpl("mn5_acc", "gpus: 8, hpl: {rows: 3, columns: 3}");
  CHECK(grid.code == 2);
  CHECK_THAT(grid.err, Catch::Contains("s.yaml:6:") &&
                           Catch::Contains("3 x 3 processes are more than the job's 8 GPUs"));
  const Ran columns = run_hpl("mn5_acc", "gpus: 8, hpl: {columns: 3}");
  CHECK(columns.code == 2);
  CHECK_THAT(columns.err, Catch::Contains("columns: needs rows beside it"));
  const Ran gpus = run_hpl("mn5_acc", "collective: {kind: all_reduce, size: 1GiB}");
  CHECK(gpus.code == 2);
  CHECK_THAT(gpus.err, Catch::Contains("gpus"));
  const Ran memory = run_hpl("mn5_acc", "gpus: 8, hpl: {order: 1000000}");
  CHECK(memory.code == 1);
  CHECK_THAT(memory.out + memory.err, Catch::Contains("are usable"));
}

TEST_CASE("validate hpl sets machines beside their Rmax and a naive control", "[cli][hpl]") {
  const Ran ran = run_aifsim("validate hpl mn5_gpp leonardo_booster --json", shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const nlohmann::json all = nlohmann::json::parse(ran.out);
  CHECK(all.at("machines").size() == 2);
  for (const nlohmann::json& machine : all.at("machines")) {
    const nlohmann::json& rate = machine.at("rate");
    CHECK(std::abs(rate.at("error").get<double>()) < 0.05);
    CHECK(std::abs(rate.at("control_error").get<double>()) > 0.1);
    CHECK(machine.at("power").contains("error"));
  }
  CHECK(all.at("rate").at("within_tenth") == 2);
  const Ran none = run_aifsim("validate hpl it4lia_ai", shipped_home);
  CHECK(none.code == 2);
  CHECK_THAT(none.err,
             Catch::Contains("expected one whose Rmax was published") && Catch::Contains("it4lia_ai"));
}

}  // namespace aifsim
