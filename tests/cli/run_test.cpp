// aifsim run and validate through the real binary, on the project's own catalogue.
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

class Scratch {
 public:
  Scratch()
      : path_(std::filesystem::temp_directory_path() / ("aifsim_run_test_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

const std::string first_look = test_root() + "/scenarios/first-look.yaml";

std::string run_scenario(const std::string& workload, const std::string& gpus, const std::string& more = "") {
  return "kind: scenario\ntitle: t\nquestion: q\nplatforms: [leonardo_booster]\nworkload: " + workload +
         "\ngpus: " + gpus + "\nplacement: {policy: contiguous}\nfidelity: flow\nseed: 1\n" + more;
}

const std::string header =
    "id,platform,gpu,gpus,params_b,layers,hidden,heads,ffn_hidden,vocab,seq_len,precision,global_batch,micro_"
    "batch,"
    "sharding,recompute,step_time_s\n";
const std::string good_row =
    "a,leonardo_booster,a100_sxm_64gb_custom,64,2.7,32,2560,32,10240,50304,4096,bf16,128,2,zero3,none,0."
    "876\n";

}  // namespace

TEST_CASE("a run over tokens tells days, energy, carbon and cost") {
  const Scratch scratch;
  const Ran ran = run_aifsim("run " + test_root() +
                                 "/scenarios/planner/european-70b.yaml --fidelity analytical "
                                 "--json --out " +
                                 (scratch / "planner"),
                             shipped_home);
  CHECK(ran.code == 0);
  const auto json = nlohmann::json::parse(ran.out);
  REQUIRE(json["points"].size() == 5);
  for (const auto& point : json["points"]) {
    INFO(point["platform"]);
    const double steps = 2e12 / point["tokens_per_step"].get<double>() / 0.95;
    CHECK(point["run_time_s"].get<double>() == Approx(steps * point["step_time_s"].get<double>()));
    CHECK(point["run_energy_j"].get<double>() ==
          Approx(steps * point["meter_energy_per_step_j"].get<double>()));
    CHECK(point["run_cost_eur"].get<double>() > point["run_electricity_eur"].get<double>());
    CHECK(point["run_time_p10_s"].get<double>() < point["run_time_s"].get<double>());
    CHECK(point["run_time_p90_s"].get<double>() > point["run_time_s"].get<double>());
    double sum = 0;
    for (const auto& part : point["energy_goes"]) sum += part.get<double>();
    CHECK(sum == Approx(point["meter_energy_per_step_j"].get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("bands from draws follow from the seed, and hold the undrawn step", "[cli]") {
  const Scratch scratch;
  const std::string command = "run " + first_look + " --fidelity analytical --json --draws 20 --out ";
  const Ran a = run_aifsim(command + (scratch / "a"), shipped_home),
            b = run_aifsim(command + (scratch / "b"), shipped_home);
  const Ran other = run_aifsim(command + (scratch / "c") + " --seed 2", shipped_home);
  REQUIRE(a.code == 0);
  CHECK(a.out == b.out);
  const auto one = nlohmann::json::parse(a.out), two = nlohmann::json::parse(other.out);
  CHECK(one["draws"] == 20);
  for (std::size_t i = 0; i < one["points"].size(); ++i) {
    const auto& point = one["points"][i];
    const auto& band = point["draws"]["step_time_s"];
    CHECK(band["p10"] < point["step_time_s"]);
    CHECK(band["p10"] < band["p50"]);
    CHECK(band["p50"] < band["p90"]);
    CHECK(band["p90"] > point["step_time_s"]);
    CHECK(point["draws"]["mfu"]["p10"] < point["draws"]["mfu"]["p90"]);
    CHECK(band != two["points"][i]["draws"]["step_time_s"]);
    CHECK(point["step_time_s"] == two["points"][i]["step_time_s"]);
  }
  const Ran few = run_aifsim("run " + first_look + " --draws 3 --out " + (scratch / "f"), shipped_home);
  CHECK(few.code == 2);
  CHECK_THAT(few.err, Catch::Contains("20"));
  const Ran jobs =
      run_aifsim("run " + test_root() + "/scenarios/shared-fabric.yaml --draws 20 --out " + (scratch / "d"),
                 shipped_home);
  CHECK(jobs.code == 2);
  CHECK_THAT(jobs.err, Catch::Contains("--draws: is for scenarios of one job"));
}

TEST_CASE("two runs of a scenario give the same bytes, at both levels", "[cli]") {
  const Scratch scratch;
  for (const std::string level : {"flow", "analytical"}) {
    const Ran a =
        run_aifsim("run " + first_look + " --fidelity " + level + " --out " + (scratch / "a"), shipped_home);
    const Ran b =
        run_aifsim("run " + first_look + " --fidelity " + level + " --out " + (scratch / "b"), shipped_home);
    INFO(a.err);
    REQUIRE(a.code == 0);
    REQUIRE(b.code == 0);
    const std::string json = text_of(scratch / "a/result.json");
    CHECK(json.size() > 1000);
    CHECK(json == text_of(scratch / "b/result.json"));
    CHECK(text_of(scratch / "a/report.html") == text_of(scratch / "b/report.html"));
    CHECK(text_of(scratch / "a/trace.perfetto") == text_of(scratch / "b/trace.perfetto"));
  }
}

TEST_CASE("a scattered placement follows the seed", "[cli]") {
  const Scratch scratch;
  std::string text = run_scenario("gpt-2.7b", "[256]",
                                  "variants: [{label: h, training: {sharding: hsdp, shard_group: 4}}]\n");
  text.replace(text.find("contiguous"), 10, "scattered");
  const std::string file = scratch.write("s.yaml", text);
  const auto links = [&](const std::string& seed) {
    const Ran r =
        run_aifsim("run " + file + " --seed " + seed + " --json --out " + (scratch / "o"), shipped_home);
    INFO(r.err);
    REQUIRE(r.code == 0);
    return nlohmann::json::parse(r.out).at("points").at(0).at("links").dump();
  };
  CHECK(links("1") == links("1"));
  CHECK(links("1") != links("2"));
}

// The rings of a contiguous job cross each leaf's uplinks once.
TEST_CASE("run says what other nodes would give over a tapered fabric, and only there", "[cli]") {
  const Scratch scratch;
  std::filesystem::copy(test_root() + "/gpu_models", scratch / "gpu_models",
                        std::filesystem::copy_options::recursive);
  std::filesystem::copy(test_root() + "/workloads", scratch / "workloads",
                        std::filesystem::copy_options::recursive);
  std::filesystem::create_directories(scratch / "platforms");
  std::filesystem::copy(test_root() + "/platforms/parts", scratch / "platforms/parts",
                        std::filesystem::copy_options::recursive);
  std::filesystem::create_directories(scratch / "scenarios");
  for (const char* taper : {"1", "8"})
    scratch.write(std::string("platforms/taper") + taper + ".yaml",
                  std::string("kind: platform\ninclude: [parts/hgx_hopper.yaml]\ntitle: tree\nsite: none\n"
                              "source: made up\nconfidence: assumed\nnodes: 128\n"
                              "node: {gpu: h100_sxm_80gb}\n"
                              "fabric:\n  kind: fat_tree\n  injection: 400Gbps\n  nic_latency: 0.7us\n"
                              "  hop_latency: 0.2us\n  levels:\n    - {name: leaf, nodes: 16, "
                              "oversubscription: ") +
                      taper + "}\n    - {name: spine, nodes: 128}\n");
  const std::string file = scratch.write(
      "scenarios/s.yaml",
      "kind: scenario\ntitle: t\nquestion: q\nplatforms: [taper1, taper8]\nworkload: llama3-8b\n"
      "gpus: [256]\nvariants: [{label: z, training: {sharding: zero3}}]\nfidelity: analytical\n");
  const std::string own = "AIFSIM_HOME=" + (scratch / ".");
  const std::string command = "run " + file + " --out " + (scratch / "o");
  const Ran json = run_aifsim(command + " --json", own);
  INFO(json.err);
  REQUIRE(json.code == 0);
  const auto points = nlohmann::json::parse(json.out).at("points");
  CHECK(points.at(0).at("other_placements").empty());
  CHECK(points.at(0).at("step_time_s") == points.at(1).at("step_time_s"));  // rank order hides the taper
  const auto others = points.at(1).at("other_placements");
  REQUIRE(others.size() == 2);
  CHECK(others.at(0).at("policy") == "fragmented");
  CHECK(others.at(1).at("policy") == "random");
  CHECK(others.at(1).at("step_time_s").get<double>() > 1.02 * points.at(1).at("step_time_s").get<double>());
  const Ran table = run_aifsim(command, own), one = run_aifsim(command + " --one-placement", own);
  CHECK_THAT(table.out, Catch::Contains("taper8, z, 256 GPUs: contiguous "));
  CHECK_THAT(table.out, !Catch::Contains("taper1, z, 256 GPUs: contiguous "));
  CHECK_THAT(one.out, !Catch::Contains("contiguous "));

  const auto time = [&](const std::string& more) {
    const Ran ran = run_aifsim(
        "collective all_reduce --platform taper8 --ranks 256 --size 1GiB --algorithm ring --json" + more,
        own);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return nlohmann::json::parse(ran.out)["rows"][0]["time_s"].get<double>();
  };
  const double contiguous = time("");
  CHECK(time(" --placement contiguous --seed 7") == contiguous);
  CHECK(time(" --placement random --seed 7") > 1.5 * contiguous);
  CHECK(time(" --placement random --seed 7") == time(" --placement random --seed 7"));
  CHECK(time(" --placement fragmented --seed 7") >= 0.99 * contiguous);
}

TEST_CASE("run --json prints result.json", "[cli]") {
  const Scratch scratch;
  const Ran r = run_aifsim("run " + first_look + " --json --out " + (scratch / "o"), shipped_home);
  REQUIRE(r.code == 0);
  CHECK(r.out == text_of(scratch / "o/result.json"));
  const auto json = nlohmann::json::parse(r.out);
  CHECK(json.at("points").size() == 24);
  for (const char* file : {"report.html", "result.sqlite", "trace.perfetto", "mfu.svg"})
    CHECK(std::filesystem::file_size(scratch / (std::string("o/") + file)) > 0);
}

TEST_CASE(
    "Ctrl-C ends with 130 and says what is kept; the same command goes on, and every way gives the same "
    "bytes",
    "[cli]") {
  const Scratch scratch;
  const std::string file =
      scratch.write("s.yaml",
                    "kind: scenario\ntitle: t\nquestion: q\nplatforms: [leonardo_booster]\nworkload: "
                    "gpt-2.7b\nfidelity: analytical\n"
                    "sweep:\n  platform.fabric.injection: {from: 50Gbps, to: 400Gbps, step: 10Gbps}\n"
                    "  gpus: {from: 8, to: 256, times: 2}\n");
  const std::string out = scratch / "o", run = "$AIFSIM run " + file + " --json --out ";
  // As soon as something is kept.
  const Ran cut = run_shell("set -m; " + run + out + " >" + (scratch / "cut") + " & while ! test -s " + out +
                                "/store.sqlite-wal; do sleep 0.01; done; kill -INT $!; wait $!",
                            shipped_home);
  CHECK(cut.code == 130);
  CHECK_THAT(cut.err, Catch::Contains(" of 216 points are kept in " + out + "/store.sqlite"));
  CHECK(text_of(scratch / "cut").empty());
  CHECK_FALSE(std::filesystem::exists(scratch / "o/result.json"));
  const Ran rest = run_shell(run + out, shipped_home),
            one = run_shell(run + (scratch / "p") + " --workers 1", shipped_home);
  INFO(rest.err);
  REQUIRE(rest.code == 0);
  CHECK(nlohmann::json::parse(rest.out).at("points").size() == 216);
  CHECK(rest.out == one.out);
  CHECK(text_of(scratch / "o/report.html") == text_of(scratch / "p/report.html"));
  CHECK(run_shell(run + out, shipped_home).out == rest.out);  // from the store alone
}

TEST_CASE("tasks without Slurm: run, looked at, gathered by the plain command", "[cli]") {
  const Scratch scratch;
  const std::string out = scratch / "o", run = "$AIFSIM run " + first_look + " --out " + out;
  CHECK(run_shell(run + " --task 0/2", shipped_home).code == 0);
  const Ran half = run_shell("$AIFSIM status " + out, shipped_home);
  CHECK_THAT(half.out, Catch::Contains("12 of 24 points have ended") &&
                           Catch::Contains("; tasks that have not begun: 1\n"));
  CHECK(run_shell(run + " --task 1/2", shipped_home).code == 0);
  const Ran status = run_shell("$AIFSIM status " + out + " --json", shipped_home);
  REQUIRE(status.code == 0);
  const auto json = nlohmann::json::parse(status.out);
  CHECK(json.at("points") == 24);
  CHECK(json.at("ended") == 24);
  CHECK(json.at("seconds_left") == 0);
  const Ran gathered = run_shell(run + " --json", shipped_home);
  CHECK(gathered.code == 0);
  CHECK(gathered.out ==
        run_shell("$AIFSIM run " + first_look + " --json --out " + (scratch / "p"), shipped_home).out);
  CHECK_THAT(run_shell("$AIFSIM status " + out, shipped_home).out,
             Catch::Contains("24 of 24 points have ended"));
}

TEST_CASE("what is Slurm's goes with --slurm, and Slurm must be there", "[cli]") {
  const Scratch scratch;
  const std::string run = "$AIFSIM run " + first_look + " --out " + (scratch / "o");
  CHECK_THAT(run_shell(run + " --partition a", shipped_home).err,
             Catch::Contains("--partition is for --slurm"));
  CHECK_THAT(run_shell(run + " --task 2/2", shipped_home).err, Catch::Contains("from 0/4 to 3/4"));
  CHECK_THAT(run_shell(run + " --slurm --sbatch qos", shipped_home).err,
             Catch::Contains("an option of sbatch"));
  const Ran dry = run_shell(run + " --slurm --tasks 3 --time 60 --sbatch=--qos=a --dry-run", shipped_home);
  CHECK(dry.code == 0);
  CHECK_THAT(dry.out, Catch::Contains("#SBATCH --array=0-2\n") &&
                          Catch::Contains("#SBATCH --time=60\n#SBATCH --qos=a\n"));
  const Ran none = run_shell("PATH=/nowhere " + run + " --slurm", shipped_home);
  CHECK(none.code == 1);
  CHECK_THAT(none.err, Catch::Contains("there is no sbatch here"));
  CHECK_THAT(run_shell("$AIFSIM status " + (scratch / "nothing"), shipped_home).err,
             Catch::Contains("nothing has run here"));
}

TEST_CASE("jobs are swept by their names, and have their figures in all files", "[cli]") {
  const Scratch scratch;
  const std::string file =
      scratch.write("s.yaml",
                    "kind: scenario\ntitle: t\nquestion: q\nplatforms: [mn5_acc]\njobs:\n"
                    "  - {name: training, workload: gpt-2.7b, gpus: 16}\n  - {name: b, collective: {kind: "
                    "all_reduce, size: 1GiB}, gpus: 8}\n"
                    "sweep:\n  jobs.b.collective.size: [64MiB, 1GiB]\n  jobs.training.gpus: [16, 32]\n");
  const Ran ran = run_aifsim("run " + file + " --json --out " + (scratch / "o"), shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto json = nlohmann::json::parse(ran.out);
  CHECK(json.at("runs").size() == 4);
  REQUIRE(json.at("points").size() == 8);
  const auto& last = json.at("points").at(6);
  CHECK(last.at("job") == "training");
  CHECK(last.at("gpus") == 32);
  CHECK(last.at("sweep").at("jobs.b.collective.size") == "1GiB");
  CHECK(last.at("mfu").get<double>() > 0.1);
  CHECK(last.at("memory").at("total_bytes").get<double>() > 1e9);
  CHECK(json.at("points").at(7).at("bus_bandwidth_bytes_per_s").get<double>() > 1e9);
  CHECK(json.at("points").at(7).at("mfu").is_null());
  CHECK_THAT(text_of(scratch / "o/report.html"),
             Catch::Contains("size 1GiB, gpus 32") && Catch::Contains("all_reduce of 1GiB"));
  CHECK(std::filesystem::file_size(scratch / "o/result.sqlite") > 0);
}

TEST_CASE("a job that does not fit is answered with the sum and exit code 1", "[cli]") {
  const Scratch scratch;
  const Ran r = run_aifsim(
      "run " + scratch.write("s.yaml", run_scenario("gpt-13b", "[4]")) + " --out " + (scratch / "o"),
      shipped_home);
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("does not fit in memory") && Catch::Contains("optimizer") &&
                        Catch::Contains("usable"));
}

TEST_CASE("a job larger than the machine is answered with both sizes and exit code 1", "[cli]") {
  const Scratch scratch;
  const Ran r = run_aifsim(
      "run " + scratch.write("s.yaml", run_scenario("gpt-2.7b", "[16000]")) + " --out " + (scratch / "o"),
      shipped_home);
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("3456"));
}

TEST_CASE("a mistake in a scenario ends with exit code 2, its place, and nothing written", "[cli]") {
  const Scratch scratch;
  const std::string file = scratch.write("s.yaml", run_scenario("gpt-2.7b", "[8]", "gpuss: [9]\n"));
  const Ran r = run_aifsim("run " + file + " --out " + (scratch / "o"), shipped_home);
  CHECK(r.code == 2);
  CHECK_THAT(r.err, Catch::Contains(file + ":10:1: ") && Catch::Contains("gpus"));
  CHECK_FALSE(std::filesystem::exists(scratch / "o"));
}

TEST_CASE("validate gives rows, groups and summary", "[cli]") {
  const Scratch scratch;
  const std::string file = scratch.write(
      "t.csv",
      header + good_row +
          "b,mn5_acc,h100_sxm_64gb_custom,64,2.7,32,2560,32,10240,50304,4096,bf16,128,2,zero3,none,0.55\n"
          "c,leonardo_booster,a100_sxm_64gb_custom,64,,,,,,,4096,bf16,128,2,zero3,none,0.9\n");
  const Ran r = run_aifsim("validate training " + file + " --json", shipped_home);
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto json = nlohmann::json::parse(r.out);
  REQUIRE(json.at("rows").size() == 3);
  CHECK(json.at("rows").at(0).at("id") == "a");
  CHECK(json.at("rows").at(0).at("measured") == 0.876);
  const double predicted = json.at("rows").at(0).at("predicted");
  CHECK(json.at("rows").at(0).at("error") == Approx((predicted / 0.876 - 1) * 100));
  CHECK(json.at("rows").at(2).contains("unsupported"));
  CHECK_FALSE(json.at("rows").at(2).contains("predicted"));
  CHECK(json.at("summary").at("n") == 3);
  CHECK(json.at("summary").at("covered") == 2);
  CHECK(json.at("groups").size() == 2);
  for (const char* key : {"median_ape", "p90_ape", "mean_ape", "bias", "control_median_ape"})
    CHECK(json.at("summary").contains(key));
}

TEST_CASE("a step of hundreds of its prediction gets a hint at its unit", "[cli]") {
  const Scratch scratch;
  const auto validated = [&](const std::string& row) {
    return run_aifsim("validate training " + scratch.write("t.csv", header + row), shipped_home).out;
  };
  const std::string row = good_row.substr(0, good_row.rfind(',') + 1);
  CHECK_THAT(validated(good_row), !Catch::Contains("step_time_s is in seconds"));
  CHECK_THAT(
      validated(good_row + "b" + row.substr(1) + "876\n"),
      Catch::Contains("1 of 2 rows is a hundred times slower than predicted or more, the first of them b "
                      "(876 s measured") &&
          Catch::Contains("step_time_s is in seconds; were these milliseconds, it would be 0.876"));
}

TEST_CASE("validate answers broken tables with their place and exit code 2", "[cli]") {
  const Scratch scratch;
  const auto broken = [&](const std::string& text) {
    const Ran r = run_aifsim("validate training " + scratch.write("t.csv", text), shipped_home);
    CHECK(r.code == 2);
    return r.err;
  };
  CHECK_THAT(broken(""), Catch::Contains("t.csv:1:1: the table is empty"));
  CHECK_THAT(broken("id,gpus\n1,2\n"),
             Catch::Contains("missing column(s)") && Catch::Contains("step_time_s"));
  CHECK_THAT(broken(header + "a,b\n"), Catch::Contains("t.csv:2:1: the row has 2 cells"));
  CHECK_THAT(broken(header + "\"a"), Catch::Contains("never closed"));
  CHECK_THAT(broken(header + good_row + good_row.substr(0, good_row.size() - 6) + "quick\n"),
             Catch::Contains("t.csv:3:") && Catch::Contains("'quick'"));
}

TEST_CASE("validate by an unknown column names it", "[cli]") {
  const Scratch scratch;
  const Ran r = run_aifsim("validate training " + scratch.write("t.csv", header + good_row) + " --by site",
                           shipped_home);
  CHECK(r.code == 2);
  CHECK_THAT(r.err, Catch::Contains("missing column(s) site"));
}

}  // namespace aifsim
