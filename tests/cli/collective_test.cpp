#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "experiment/scratch.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

using Catch::Contains;

// On the project's own catalogue.
Ran collective(const std::string& arguments) {
  return run_aifsim("collective " + arguments, "AIFSIM_HOME='" + std::string(test_root()) + "'");
}

nlohmann::json rows_of(const std::string& arguments) {
  const Ran ran = collective(arguments + " --platform mn5_acc --json");
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  return nlohmann::json::parse(ran.out).at("rows");
}

}  // namespace

TEST_CASE("a collective's bus bandwidth follows nccl-tests") {
  for (const auto& row : rows_of("all_reduce --ranks 64 --size 1GiB --algorithm all")) {
    INFO(row.dump());
    CHECK(row["time_s"].get<double>() > 0);
    CHECK(row["algbw_Bps"].get<double>() == Approx(1073741824.0 / row["time_s"].get<double>()));
    CHECK(row["busbw_Bps"].get<double>() == Approx(row["algbw_Bps"].get<double>() * 2 * 63 / 64));
    CHECK(row["bottleneck"] != "");
  }
}

TEST_CASE("exactly one algorithm of the library's is its choice, and the quickest alone is first") {
  const auto rows = rows_of("all_reduce --ranks 64 --size 1MiB");
  int chosen = 0;
  double last = 0;
  for (const auto& row : rows) {
    chosen += row["chosen"].get<bool>();
    CHECK(row["time_s"].get<double>() >= last);
    last = row["time_s"].get<double>();
  }
  CHECK(chosen == 1);
}

TEST_CASE("every kind answers by every algorithm, for one rank, a node and more, and for no bytes") {
  for (const char* kind :
       {"all_gather", "reduce_scatter", "all_reduce", "broadcast", "reduce", "gather", "scatter",
        "all_to_all", "expert_dispatch", "expert_combine", "send_receive", "barrier"})
    for (const char* ranks : {"1", "4", "12"})
      for (const char* size : {"0B", "1MB"}) {
        const bool carries = std::string(kind) != "barrier";
        const auto rows = rows_of(std::string(kind) + " --algorithm all --ranks " + ranks +
                                  (carries ? std::string(" --size ") + size : ""));
        INFO(kind << " " << ranks << " " << size);
        CHECK(rows.size() >= 1);
        for (const auto& row : rows) {
          INFO(row.dump());
          CHECK(row["time_s"].is_number());
          CHECK((row["time_s"].get<double>() > 0) == (std::string(ranks) != "1"));
        }
      }
}

TEST_CASE("a size that no answer could hold, and a barrier with one, are mistakes") {
  const Ran huge = collective("all_reduce --platform mn5_acc --ranks 4 --size 99999999999999999999B");
  CHECK(huge.code == 2);
  CHECK_THAT(huge.err, Contains("--size: must be at most 1000PB"));
  const Ran barrier = collective("barrier --platform mn5_acc --ranks 4 --size 1GiB");
  CHECK(barrier.code == 2);
  CHECK_THAT(barrier.err, Contains("--size is not for a barrier"));
}

TEST_CASE("a platform may be given by its file") {
  const std::string file = std::string(test_root()) + "/platforms/mn5_acc.yaml";
  const std::string question = "all_reduce --ranks 16 --size 1MiB --platform ";
  const Ran by_name = collective(question + "mn5_acc"), by_file = collective(question + "'" + file + "'");
  INFO(by_file.err);
  CHECK(by_file.code == 0);
  CHECK(by_file.out == by_name.out);
  const Ran missing = collective(question + "nowhere/own.yaml");
  CHECK(missing.code == 2);
  CHECK_THAT(missing.err, Contains("nowhere/own.yaml"));
}

TEST_CASE("a petabyte takes a thousand times as long as a terabyte") {
  const auto time = [](const std::string& size) {
    return rows_of("all_reduce --ranks 16 --algorithm ring --size " + size)[0]["time_s"].get<double>();
  };
  CHECK(time("1000TB") == Approx(1e3 * time("1TB")).epsilon(0.01));
}

TEST_CASE("a placement that does not exist is a mistake") {
  const Ran word = collective("all_reduce --platform mn5_acc --ranks 8 --placement anywhere");
  CHECK(word.code == 2);
  CHECK(collective("all_reduce --platform mn5_acc --ranks 8 --placement list").code == 2);
}

TEST_CASE("sweeps rise to what was asked, and draw a chart") {
  const auto sizes = rows_of("broadcast --ranks 8 --size 1MiB --sweep sizes");
  CHECK(sizes.front()["bytes"] == 1024);
  CHECK(sizes.back()["bytes"] == 1048576);
  const auto ranks = rows_of("all_gather --ranks 32 --size 1MiB --sweep ranks");
  CHECK(ranks.front()["ranks"] == 2);
  CHECK(ranks.back()["ranks"] == 32);
  const auto file = std::filesystem::temp_directory_path() / "aifsim_collective_test.svg";
  const Ran ran = collective("all_gather --platform mn5_acc --ranks 32 --sweep ranks --svg " + file.string());
  CHECK(ran.code == 0);
  CHECK(std::filesystem::file_size(file) > 1000);
  std::filesystem::remove(file);
}

TEST_CASE("mistakes about collectives are answered with what would be right") {
  const auto fails = [](const std::string& arguments, int code, const std::string& says) {
    const Ran ran = collective(arguments);
    INFO(arguments << "\n" << ran.err);
    CHECK(ran.code == code);
    CHECK(ran.out == "");
    CHECK_THAT(ran.err, Contains(says));
  };
  fails("all_reduce --platform mn5_acc --ranks 8 --algorithm rng", 2, "did you mean \"ring\"?");
  fails("all_redcue --platform mn5_acc --ranks 8", 2, "did you mean \"all_reduce\"?");
  fails("all_reduce --platform mn5_acc --ranks 8 --size 1024", 2, "--size: ");
  fails("all_reduce --platform mn5_ac --ranks 8", 2, "did you mean \"mn5_acc\"?");
  fails("all_reduce --platform mn5_acc --ranks 0", 2, "--ranks");
  fails("all_reduce --platform mn5_acc --ranks 8 --skew 1", 2, "--skew is for expert_dispatch");
  fails("all_reduce --platform mn5_acc --ranks 1000000", 1, "no answer");
  fails("all_gather --platform mn5_acc --ranks 12 --algorithm recursive_doubling", 1,
        "there is no all_gather by recursive_doubling for 12 ranks, 4 in a node");
}

// Sixteen nodes of eight GPUs with a NIC each: all of the injection across, a quarter of it from each leaf of four, and a ring of
// single cables.
TEST_CASE("the same nodes take another time on each fabric, and the fabric's links say why", "[cli]") {
  const ScratchRuns scratch;
  std::filesystem::copy(test_root() + "/platforms/parts", scratch / "parts",
                        std::filesystem::copy_options::recursive);
  const auto on = [&](const std::string& kind, const std::string& keys) {
    return scratch
        .write(kind + ".yaml",
               "kind: platform\ninclude: [parts/hgx_hopper.yaml]\ntitle: own\nsite: none\n"
               "source: made up\nconfidence: assumed\nnodes: 16\n"
               "node: {gpu: h100_sxm_80gb}\nfabric:\n  kind: " +
                   kind + "\n  injection: 400Gbps\n  nic_latency: 0.7us\n  hop_latency: 0.2us\n" + keys)
        .string();
  };
  const std::string
      fat = on("fat_tree",
               "  levels: [{name: leaf, nodes: 8, oversubscription: 1}, {name: spine, nodes: 16}]\n"),
      leaves = on("leaf_spine",
                  "  leaf_switches: 4\n  nodes_per_leaf: 4\n  spine_switches: 2\n"
                  "  spine_links: 4\n  spine_bandwidth: 400Gbps\n"),
      ring = on("torus", "  sizes: [16]\n  nodes_per_switch: 1\n  links: 1\n  link_bandwidth: 400Gbps\n");
  for (const std::string kind : {"all_reduce", "all_to_all"}) {
    const auto row = [&](const std::string& platform) {
      const Ran ran = collective(kind + " --ranks 128 --size 1GiB --json --platform '" + platform + "'");
      INFO(ran.err);
      REQUIRE(ran.code == 0);
      return nlohmann::json::parse(ran.out).at("rows").at(0);
    };
    const auto by_fat = row(fat), by_leaves = row(leaves), by_ring = row(ring);
    INFO(by_fat.dump() << by_leaves.dump() << by_ring.dump());
    const auto time = [](const nlohmann::json& of) { return of.at("time_s").get<double>(); };
    CHECK(time(by_leaves) > 1.5 * time(by_fat));
    CHECK(time(by_ring) > 1.5 * time(by_leaves));
    CHECK_THAT(by_fat.at("bottleneck").get<std::string>(), Contains("nic"));
    CHECK_THAT(by_leaves.at("bottleneck").get<std::string>(), Contains("leaf"));
    CHECK_THAT(by_ring.at("bottleneck").get<std::string>(), Contains(")>("));
  }
}

}  // namespace aifsim
