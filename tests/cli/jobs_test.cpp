// aifsim run on scenarios with several jobs, through the real binary: who slows whom, failures, mistakes.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

class Runs {
 public:
  Runs()
      : path_(std::filesystem::temp_directory_path() / ("aifsim_jobs_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Runs() { std::filesystem::remove_all(path_); }
  std::string file() const { return (path_ / "s.yaml").string(); }
  bool written() const { return std::filesystem::exists(path_ / "o"); }

  void write(const std::string& platform, const std::string& jobs, const std::string& more = "") const {
    std::ofstream(file()) << "kind: scenario\ntitle: t\nquestion: q\nplatforms: [" + platform + "]\njobs:\n" +
                                 jobs + more;
  }
  Ran run(const std::string& platform, const std::string& jobs, const std::string& more = "") const {
    std::filesystem::remove_all(path_ / "o");
    write(platform, jobs, more);
    return run_aifsim("run " + file() + " --json --out " + (path_ / "o").string(), shipped_home);
  }
  nlohmann::json json(const std::string& platform, const std::string& jobs,
                      const std::string& more = "") const {
    const Ran r = run(platform, jobs, more);
    INFO(r.err);
    REQUIRE(r.code == 0);
    return nlohmann::json::parse(r.out).at("runs").at(0);
  }

 private:
  std::filesystem::path path_;
};

std::string reduce(const std::string& name, int gpus, const std::string& more = "") {
  return "  - {name: " + name + ", gpus: " + std::to_string(gpus) +
         ", collective: {kind: all_reduce, size: 1GiB, algorithm: ring}" + more + "}\n";
}

}  // namespace

TEST_CASE("the report names who slowed whom, and the link", "[cli]") {
  const Runs runs;
  const auto on = [](const std::string& nodes) {
    return ", steps: 3, placement: {policy: list, nodes: " + nodes + "}";
  };
  // a and b cross the cables from group 0 to group 1, of which 5 % are left; c does not leave group 2.
  const std::string narrow = "events:\n  - {at: 0s, link: \"group 0>group 1\", capacity: 5%}\n";
  for (const std::string level : {"flow", "message"}) {
    const auto run = runs.json(
        "lumi_g",
        reduce("a", 16, on("[0, 124]")) + reduce("b", 16, on("[1, 125]")) + reduce("c", 16, on("[300, 301]")),
        narrow + "fidelity: " + level + "\n");
    const auto& jobs = run.at("jobs");
    // What a collective takes beside its bytes does not double.
    for (const int j : {0, 1}) {
      CHECK(jobs.at(j).at("slowdown").get<double>() == Approx(2).epsilon(0.05));
      REQUIRE(jobs.at(j).at("slowed_by").size() == 1);
      CHECK(jobs.at(j).at("slowed_by").at(0).at("job") == (j == 0 ? "b" : "a"));
      CHECK(jobs.at(j).at("slowed_by").at(0).at("factor").get<double>() == Approx(2).epsilon(0.05));
      CHECK(jobs.at(j).at("shared_bottleneck") == "group 0>group 1");
    }
    CHECK(jobs.at(2).at("slowed_by").empty());
    CHECK(jobs.at(2).at("slowdown").get<double>() == Approx(1).epsilon(1e-9));
    CHECK(jobs.at(2).at("shared_bottleneck").is_null());
  }
}

TEST_CASE("jobs are told what fragmented and random nodes would give", "[cli]") {
  const Runs runs;
  const std::string jobs = reduce("a", 512) + reduce("b", 512);
  const Ran told = runs.run("mn5_acc", jobs);
  REQUIRE(told.code == 0);
  const auto points = nlohmann::json::parse(told.out).at("points");
  REQUIRE(points.size() == 2);
  double more = 0;  // of random nodes
  for (const auto& point : points) {
    const auto others = point.at("other_placements");
    REQUIRE(others.size() == 2);
    CHECK(others.at(0).at("policy") == "fragmented");
    CHECK(others.at(1).at("policy") == "random");
    more += others.at(1).at("step_time_s").get<double>() - point.at("step_time_s").get<double>();
  }
  CHECK(more > 0);
  const Ran one =
      run_aifsim("run " + runs.file() + " --json --one-placement --out " + runs.file() + ".o", shipped_home);
  CHECK(nlohmann::json::parse(one.out).at("points").at(0).at("other_placements").empty());
}

TEST_CASE("a layout that does not divide fewer GPUs ends the search for a smaller size, not the command",
          "[cli]") {
  const Ran run = run_aifsim("fidelity " + test_root() + "/scenarios/split-layers.yaml --json --transfers 20",
                             shipped_home);
  INFO(run.err);
  CHECK(run.code == 0);
  CHECK(nlohmann::json::parse(run.out).size() >= 9);
}

TEST_CASE("all-to-all jobs slow each other; level analytical refuses what it does not know", "[cli]") {
  const Runs runs;
  const std::string all_to_all =
      ", gpus: 16, placement: {policy: list, nodes: NODES}, collective: {kind: all_to_all, size: 1GiB}}\n";
  const auto job = [&](const std::string& name, const std::string& nodes) {
    std::string text = "  - {name: " + name + all_to_all;
    return text.replace(text.find("NODES"), 5, nodes);
  };
  const std::string narrow = "events:\n  - {at: 0s, link: \"group 0>group 1\", capacity: 5%}\n";
  const auto run = runs.json("lumi_g", job("a", "[0, 124]") + job("b", "[1, 125]"), narrow);
  for (const int j : {0, 1})
    CHECK(run.at("jobs").at(j).at("slowdown").get<double>() == Approx(2).epsilon(0.03));
  const Ran refused = runs.run("lumi_g", job("a", "[0, 124]"), narrow + "fidelity: analytical\n");
  CHECK(refused.code == 1);
  CHECK((refused.out + refused.err).find("level analytical knows no events") != std::string::npos);
}

TEST_CASE("levels are compared on fewer GPUs where level message cannot take all", "[cli]") {
  const Runs runs;
  runs.write("dgx_h100", reduce("a", 64) + reduce("b", 64));
  const std::string command = "fidelity " + runs.file() + " --json --transfers ";
  const Ran run = run_aifsim(command + "9000", shipped_home);
  INFO(run.err);
  REQUIRE(run.code == 0);
  const auto rows = nlohmann::json::parse(run.out);
  // 64 GPUs on nodes of eight: 2 x 64 x 126 transfers a job; 32: 2 x 32 x 62.
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("gpus") == 128);
  CHECK(rows[0].at("levels").at(1).at("time_s").is_number());
  CHECK(rows[0].at("levels").at(2).at("problem") == "32256 transfers are more than 9000");
  CHECK(rows[1].at("gpus") == 64);
  for (const auto& level : rows[1].at("levels")) CHECK(level.at("time_s").is_number());
  // All can take it: one row.
  CHECK(nlohmann::json::parse(run_aifsim(command + "40000", shipped_home).out).size() == 1);
}

TEST_CASE("failures of links and switches are taken from the scenario", "[cli]") {
  const Runs runs;
  std::string job = reduce("a", 256, ", steps: 4");
  const auto step = [&](const std::string& events) {
    return runs.json("lumi_g", job, events.empty() ? "" : "events:\n" + events)
        .at("jobs")
        .at(0)
        .at("step_s")
        .get<double>();
  };
  double whole = step("");
  // A switch takes one NIC of each of its nodes.
  const double lost = step("  - {at: 0s, switch: \"group 0 switch 0\", change: failure}\n");
  CHECK(lost > 1.02 * whole);
  CHECK(step("  - {at: 0s, switch: \"group 0 switch 0\", change: failure}\n"
             "  - {at: 1us, switch: \"group 0 switch 0\", change: repair}\n") ==
        Approx(whole).epsilon(0.05));  // the first of four collectives began on fewer links
  // 19 of 20 cables between two groups, as a failure and as a degradation.
  job = reduce("a", 256, ", placement: {policy: scattered}, steps: 4");
  whole = step("");
  const double cables = step("  - {at: 0s, link: \"group 0>group 1\", change: failure, cables: 19}\n");
  CHECK(cables == step("  - {at: 0s, link: \"group 0>group 1\", capacity: 5%}\n"));
  CHECK(cables > 1.02 * whole);
  // All of them: another group's way is free.
  CHECK(step("  - {at: 0s, link: \"group 0>group 1\", change: failure}\n") < cables);
}

TEST_CASE("optical circuits follow the jobs of a run", "[cli]") {
  const Runs runs;
  // Pods of 16 nodes of 8 x 50 GB/s, 28 ports of 50 GB/s each. A ring over four pods crosses each pair once,
  // with 400 GB/s from the NICs: 9 circuits are 450 GB/s, and the NICs bind. A second job that shares a pod
  // and takes the others makes it eight pods with 4 circuits per pair, 200 GB/s: twice the time.
  const std::string job =
      "  - {name: a, gpus: 512, collective: {kind: all_reduce, size: 128GiB, algorithm: ring}, placement: "
      "{policy: "
      "list, nodes: [";
  std::string nodes;
  for (int i = 0; i < 63; ++i) nodes += std::to_string(i) + ", ";
  const std::string four = job + nodes + "63]}}\n";
  const auto step = [](const nlohmann::json& run) { return run.at("jobs").at(0).at("step_s").get<double>(); };
  const double own = step(runs.json("optical_pods", four));
  const double beside = step(runs.json("optical_pods", four + reduce("b", 128, ", start: 90s")));
  CHECK(beside == own);
  std::string fewer;
  for (int i = 0; i < 62; ++i) fewer += std::to_string(i) + ", ";
  const double shared = step(runs.json(
      "optical_pods",
      "  - {name: a, gpus: 504, collective: {kind: all_reduce, size: 128GiB, algorithm: ring}, "
      "placement: {policy: list, nodes: [" +
          fewer + "62]}}\n" +
          reduce("b", 40, ", start: 90s, placement: {policy: list, nodes: [63, 64, 80, 96, 112]}")));
  CHECK(shared == Approx(2 * own).epsilon(0.05));  // of the bytes: latencies stay
}

TEST_CASE("a job that links that are down cut in two is told which, with exit code 1", "[cli]") {
  const Runs runs;
  const Ran r = runs.run("mn5_acc", reduce("a", 512, ", placement: {policy: scattered}"),
                         "events:\n  - {at: 1ms, link: \"island 1 up\", change: failure}\n");
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("job a: links that are down leave no way from node"));
}

TEST_CASE("mistakes that only the machine shows have their place, and nothing is written", "[cli]") {
  const Runs runs;
  const auto problem = [&](const std::string& jobs, const std::string& more) {
    const Ran r = runs.run("lumi_g", jobs, more);
    CHECK(r.code == 2);
    CHECK_FALSE(runs.written());
    return r.err.substr(
        r.err.find(runs.file()) == std::string::npos ? 0 : r.err.find(runs.file()) + runs.file().size());
  };
  const std::string job = reduce("a", 8);
  CHECK_THAT(problem(job, "events:\n  - {at: 1s, link: group 0>group 99, capacity: 50%}\n"),
             Catch::StartsWith(
                 ":8:20: lumi_g has no link \"group 0>group 99\"; names are like \"node 0 nic0 out\""));
  CHECK_THAT(problem(job, "events:\n  - {at: 1s, switch: spine 7, change: failure}\n"),
             Catch::StartsWith(":8:22: lumi_g has no switch \"spine 7\"; names are like"));
  CHECK_THAT(
      problem(job, "events:\n  - {at: 1s, link: group 0>group 1, change: failure, cables: 21}\n"),
      Catch::StartsWith(":8:20: link \"group 0>group 1\" of lumi_g has 20 cables; 21 of them cannot fail"));
  CHECK_THAT(problem(reduce("a", 16, ", placement: {policy: list, nodes: [3, 4]}") +
                         reduce("b", 16, ", placement: {policy: list, nodes: [4, 5]}"),
                     ""),
             Catch::StartsWith(":7:97: the placement lists node 4, which another job has taken"));
  CHECK_THAT(problem("  - {name: a, gpus: 8, collective: {kind: all_sum, size: 1GiB}}\n", ""),
             Catch::StartsWith(
                 ":6:36: collective.kind: expected a collective, found \"all_sum\"; known: all_reduce, "));
  CHECK_THAT(problem("  - {name: a, gpus: 8, workload: none_such}\n", ""),
             Catch::StartsWith(":6:34: jobs[0].workload: there is no workload"));
}

TEST_CASE("jobs larger than the machine, or than what others leave, are refused with the numbers", "[cli]") {
  const Runs runs;
  const Ran large = runs.run("lumi_g", reduce("a", 80000));
  CHECK(large.code == 1);
  CHECK_THAT(large.err, Catch::Contains("job a: a job of 80000 GPUs is larger than the machine"));
  const Ran second = runs.run("lumi_g", reduce("a", 16000) + reduce("b", 16000));
  CHECK(second.code == 1);
  CHECK_THAT(second.err,
             Catch::Contains("job b: a job of 2000 nodes finds only 978 of the machine's 2978 free"));
}

TEST_CASE("jobs of every kind stand at the meter, one by one and together, beside what the site has",
          "[cli]") {
  const Runs runs;
  const std::string site = runs.file() + ".platform.yaml";
  const auto with_power = [&](const std::string& power) {
    std::ofstream(site) << "kind: platform\ninclude: leonardo_booster.yaml\npublished: null\nfacility: "
                           "{source: test, confidence: assumed, power: "
                        << power << "}\n";
  };
  const std::string jobs =
      "  - {name: training, workload: gpt-2.7b, gpus: 64, steps: 2}\n" + reduce("reduce", 16) +
      "  - {name: others, traffic: {load: 30%, pattern: permutation}, gpus: 16}\n"
      "  - {name: reading, storage: {tier: flash, access: read, bytes: 1GB}, gpus: 16}\n"
      "  - {name: computing, storage: {tier: flash, access: read, bytes: 1GB, compute: 1s}, gpus: 16}\n"
      "  - {name: linpack, hpl: {order: 100000}, gpus: 16}\n";
  with_power("50MW");
  const auto run = runs.json(site, jobs);
  REQUIRE(run.at("sites").size() == 1);
  const auto& total = run.at("sites").at(0);
  CHECK(total.at("site") == "CINECA, Bologna");
  CHECK(total.at("limit_w") == 50e6);
  CHECK(total.at("note").is_null());
  CHECK(total.at("without").empty());
  CHECK(total.at("idle_nodes") == 3456 - 16 - 5 * 4);
  for (const std::string figure : {"energy", "carbon", "electricity", "cost"}) {
    const std::string unit = figure == "energy" ? "_j" : figure == "carbon" ? "_g" : "_eur";
    for (const std::string& key : {figure + unit, figure + "_at_most" + unit}) {
      double sum = 0;
      for (const auto& job : run.at("jobs")) sum += job.at("sites").at(0).at(key).get<double>();
      CHECK(sum == Approx(total.at("jobs").at(key).get<double>()).epsilon(1e-9));
    }
  }
  double together = 0;
  for (const auto& job : run.at("jobs")) {
    const auto& one = job.at("sites").at(0);
    const bool range = job.at("name") == "others" || job.at("name") == "computing";
    CHECK((one.at("power_at_most_w").get<double>() > one.at("power_w").get<double>()) == range);
    CHECK(one.at("why").is_null() != range);
    CHECK(one.at("cost_eur").get<double>() > one.at("electricity_eur").get<double>());
    together += one.at("power_w").get<double>();
  }
  CHECK(total.at("jobs").at("power_w").get<double>() == Approx(together).epsilon(1e-9));
  with_power("0.5MW");  // what the idle nodes draw is more
  CHECK_THAT(runs.json(site, jobs).at("sites").at(0).at("note").dump(),
             Catch::Contains("with the nodes that have no job, and the site has 0.5 MW"));
  with_power("0.02MW");
  CHECK_THAT(runs.json(site, jobs).at("sites").at(0).at("note").dump(),
             Catch::StartsWith("\"all jobs together draw 0.0") &&
                 Catch::Contains("MW at the meter, and the site has 0.02 MW for this machine"));
  const Ran text = run_aifsim("run " + runs.file() + " --out " + runs.file() + ".o", shipped_home);
  CHECK_THAT(text.out, Catch::Contains("At the meter of CINECA, Bologna over the") &&
                           Catch::Contains("all jobs, a day of it") &&
                           Catch::Contains("the site has 0.02 MW for this machine (CINECA, Bologna)") &&
                           Catch::Contains("computing, others: what the boards draw is not known"));
}

TEST_CASE("a job over two sites draws from two meters", "[cli]") {
  const Runs runs;
  const auto run = runs.json("federation",
                             "  - {name: a, partition: it4lia_ai+hammerhai, gpus: 16, collective: "
                             "{kind: all_reduce, size: 1GiB}}\n");
  const auto& sites = run.at("jobs").at(0).at("sites");
  REQUIRE(sites.size() == 2);
  CHECK(sites.at(0).at("site") == "CINECA, Bologna");
  CHECK(sites.at(1).at("site") == "HLRS, Stuttgart");
  // PUE of 1.1 and 1.15 and what warm days add, of alike nodes.
  CHECK(sites.at(1).at("power_w").get<double>() / sites.at(0).at("power_w").get<double>() ==
        Approx(1.15 / 1.1).epsilon(0.02));
  CHECK(sites.at(1).at("carbon_g").get<double>() > sites.at(0).at("carbon_g").get<double>());
  REQUIRE(run.at("sites").size() == 2);
  CHECK(run.at("sites").at(0).at("partitions") == "it4lia_ai");
  const Ran text =
      run_aifsim("run " + runs.file() + " --one-placement --out " + runs.file() + ".o", shipped_home);
  CHECK_THAT(text.out, Catch::Contains("all jobs, HLRS, Stuttgart"));
}

TEST_CASE("a job changes the training of its workload", "[cli]") {
  const Runs runs;
  const auto job = [](const std::string& name, const std::string& training) {
    return "  - {name: " + name + ", workload: gpt-2.7b, gpus: 16" + training + "}\n";
  };
  const Ran ran =
      runs.run("mn5_acc", job("as it is", "") + job("more", ", training: {micro_batch: 4, tokens: 1T}"));
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto points = nlohmann::json::parse(ran.out).at("points");
  CHECK(points.at(1).at("tokens_per_step").get<double>() ==
        2 * points.at(0).at("tokens_per_step").get<double>());
  CHECK(points.at(0).at("run_time_s").is_null());
  CHECK(points.at(1).at("run_cost_eur").get<double>() > 0);
  const Ran swept = runs.run("mn5_acc", job("a", ", training: {micro_batch: 1}"),
                             "sweep: {jobs.a.training.micro_batch: [1, 4]}\n");
  INFO(swept.err);
  REQUIRE(swept.code == 0);
  CHECK(nlohmann::json::parse(swept.out).at("points").at(1).at("tokens_per_step") ==
        points.at(1).at("tokens_per_step"));
  const auto problem = [&](const std::string& jobs, const std::string& more = "") {
    const Ran r = runs.run("mn5_acc", jobs, more);
    CHECK(r.code == 2);
    return r.err.substr(std::min(r.err.size(), r.err.find(runs.file()) + runs.file().size()));
  };
  CHECK_THAT(problem(job("a", ", training: {micro_batches: 2}")),
             Catch::StartsWith(":6:56: jobs[0].training: unknown key \"micro_batches\""));
  CHECK_THAT(problem(job("a", ", training: {stack: none_such}")),
             Catch::Contains(":6:63: there is no stack \"none_such\""));
  CHECK_THAT(
      problem("  - {name: a, gpus: 8, training: {micro_batch: 2}, collective: {kind: all_reduce, size: "
              "1GiB}}\n"),
      Catch::StartsWith(
          ":6:34: jobs[0].training: belongs to a job that trains a workload, this one has none"));
  CHECK_THAT(problem(job("a", ""), "training: {micro_batch: 2}\n"),
             Catch::Contains("unknown key \"training\": it belongs into a variant") &&
                 Catch::Contains("or a job, \"jobs: [{name: mine, workload: ..., training: {...}}]\""));
  CHECK_THAT(problem(job("a", ""), "sweep: {training.micro_batch: [1, 2]}\n"),
             Catch::Contains("jobs.NAME.training changes a job's"));
}

TEST_CASE("an event after the end is told, and what a tier does not hold is refused", "[cli]") {
  const Runs runs;
  const std::string job = reduce("a", 16);
  const auto note = [&](const std::string& at) {
    const Ran r = runs.run("leonardo_booster", job,
                           "events:\n  - {at: " + at + ", link: \"node 0 nic0 out\", change: failure}\n");
    REQUIRE(r.code == 0);
    return nlohmann::json::parse(r.out).at("points").at(0).at("note").dump();
  };
  CHECK_THAT(note("1000000s"), Catch::Contains("changed nothing: all jobs had ended at"));
  CHECK_THAT(note("0s"), !Catch::Contains("changed nothing"));
  const Ran full =
      runs.run("lumi_g", "  - {name: a, gpus: 8, storage: {tier: flash, access: write, bytes: 20PB}}\n");
  CHECK(full.code == 1);
  CHECK_THAT(full.err,
             Catch::Contains("160 PB of 8 GPUs, 20 PB each, are more than the 8 PB that flash holds"));
}

TEST_CASE("jobs that do not fit in memory are named", "[cli]") {
  const Runs runs;
  const std::string large = ", workload: llama3-8b, gpus: 8, steps: 1, training: {sharding: none}}\n";
  const Ran ran = runs.run("leonardo_booster", "  - {name: first" + large + reduce("small", 8, ", steps: 1") +
                                                   "  - {name: other" + large);
  CHECK(ran.code == 1);
  CHECK_THAT(ran.err, Catch::Contains("job first: does not fit in memory: ") &&
                          Catch::Contains("; job other: does not fit in memory: ") &&
                          !Catch::Contains("job small"));
}

}  // namespace aifsim
