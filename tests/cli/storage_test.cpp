// Storage benchmarks through the real binary: jobs in a scenario, and `aifsim validate storage`.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

struct StorageFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("aifsim_storage_test_" + std::to_string(::getpid()));
  StorageFolder() { std::filesystem::create_directories(path); }
  ~StorageFolder() { std::filesystem::remove_all(path); }
  std::string file(const char* name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

}  // namespace

TEST_CASE("the jobs of MLPerf Storage run on a platform and tell samples and utilisation", "[cli][storage]") {
  const StorageFolder folder;
  const Ran ran =
      run_aifsim("run " + test_root() + "/scenarios/mlperf-storage.yaml --json --fidelity analytical --out " +
                     (folder.path / "o").string(),
                 shipped_home);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK_THAT(ran.out, Catch::Contains("unet3d_h100") && Catch::Contains("samples/s, accelerators compute"));
}

TEST_CASE("a shared file is written slower than files of each process", "[cli][storage]") {
  const StorageFolder folder;
  const auto rate = [&](const std::string& more) {
    const std::string scenario =
        folder.file("s.yaml",
                    "kind: scenario\ntitle: t\nquestion: q\nplatforms: [leonardo_booster]\njobs:\n"
                    "  - {name: files, gpus: 2048, storage: {tier: flash, access: write, bytes: 20GB" +
                        more + "}}\nfidelity: analytical\n");
    const Ran ran =
        run_aifsim("run " + scenario + " --json --out " + (folder.path / "o").string(), shipped_home);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return nlohmann::json::parse(ran.out)
        .at("points")
        .at(0)
        .at("storage_bandwidth_bytes_per_s")
        .get<double>();
  };
  const double easy = rate(", files: 0"), hard = rate(", files: 0, shared: true");
  CHECK(hard / easy == Approx(0.1).epsilon(0.02));
}

TEST_CASE("submissions are compared, and mistakes in them told with their place", "[cli][storage]") {
  const StorageFolder folder;
  const std::string head = "submitter,system,model,accelerator,accelerators,samples_per_s\n";
  const Ran good = run_aifsim(
      "validate storage --json " + folder.file("good.csv", head + "Shop,Box_2hosts,resnet50,a100,40,34000\n"),
      shipped_home);
  INFO(good.err);
  REQUIRE(good.code == 0);
  const nlohmann::json found = nlohmann::json::parse(good.out);
  CHECK(found.at("rate_unit") == "samples/s");
  CHECK(found.at("summary").at("covered") == 1);
  const Ran bad = run_aifsim(
      "validate storage " + folder.file("bad.csv", head + "Shop,Box_2hosts,resnet50,a100,4.5,34000\n"),
      shipped_home);
  CHECK(bad.code == 2);
  CHECK_THAT(bad.err, Catch::Contains("bad.csv:2:31: accelerators: expected a whole number, found \"4.5\""));
  const Ran none = run_aifsim(
      "validate storage " + folder.file("none.csv", head + "Shop,Box,resnet50,a100,4,3400\n"), shipped_home);
  CHECK(none.code == 1);
  CHECK_THAT(none.err, Catch::Contains("does not say what hardware it is"));
}

}  // namespace aifsim
