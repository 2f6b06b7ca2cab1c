// `aifsim calibrate gpu NAME --transfer-from ...` through the binary, in a catalogue of its own.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "binary.hpp"
#include "root.hpp"

using namespace aifsim;

namespace {

namespace fs = std::filesystem;

constexpr const char* kDataSheet = R"(kind: gpu
title: New
vendor: NVIDIA
architecture: Newer
source: data sheet
confidence: announced
multiprocessors: 160
peak: {bf16: 2200TFLOPS, fp16: 2200TFLOPS}
memory: 288GB
memory_bandwidth: 13TB/s
l2: 192MiB
power_limit: 1400W
usable_memory: 95%
)";

// The shipped GPU models and a new one, removed at the end.
struct Shelf {
  fs::path folder = fs::temp_directory_path() / fs::path("aifsim_shelf_" + std::to_string(::getpid()));
  Shelf() {
    for (const char* room : {"platforms", "workloads", "scenarios"}) fs::create_directories(folder / room);
    fs::copy(fs::path(test_root()) / "gpu_models", folder / "gpu_models");
    std::ofstream(file()) << kDataSheet;
  }
  ~Shelf() { fs::remove_all(folder); }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;
  fs::path file() const { return folder / "gpu_models/new_gpu.yaml"; }
  Ran run(const std::string& arguments) const {
    return run_aifsim(arguments, "AIFSIM_HOME=" + folder.string());
  }
  std::string text() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

}  // namespace

TEST_CASE("a GPU known by its data sheet takes over constants, and the file says from whom") {
  const Shelf shelf;
  const std::string out = " --out " + shelf.file().string();
  const Ran ran = shelf.run("calibrate gpu new_gpu --transfer-from h100_sxm_80gb,h200_sxm" + out);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(shelf.text().find(kDataSheet) == 0);
  CHECK(shelf.text().find("from: [h100_sxm_80gb, h200_sxm]") != std::string::npos);
  CHECK(shelf.text().find("fp8:") == std::string::npos);  // it has no such units
  CHECK(shelf.run("check " + shelf.file().string()).code == 0);
  // Again, with a figure: other constants, the same blocks.
  const std::string before = shelf.text();
  REQUIRE(shelf.run("calibrate gpu new_gpu --transfer-from h200_sxm --small-kernel 1.8us" + out).code == 0);
  CHECK(shelf.text() != before);
  CHECK(shelf.text().find("such that a small kernel takes 1.8us") != std::string::npos);
  CHECK(shelf.run("check " + shelf.file().string()).code == 0);
}

TEST_CASE("figures that are none are refused, and nothing is written") {
  const Shelf shelf;
  const auto refused = [&](const std::string& options, int code, const std::string& message) {
    const Ran ran = shelf.run("calibrate gpu new_gpu " + options + " --out " + shelf.file().string());
    CHECK(ran.code == code);
    CHECK_THAT(ran.err, Catch::Contains(message));
    CHECK(shelf.text() == kDataSheet);
  };
  refused("--transfer-from nosuch", 2, "there is no gpu \"nosuch\"");
  refused("--transfer-from new_gpu", 2, "cannot take over its own constants");
  refused("--transfer-from h200_sxm --small-kernel 3km", 2, "unknown unit \"km\"");
  refused("--transfer-from h200_sxm --small-kernel 0us", 2, "expected more than 0");
  refused("--transfer-from h200_sxm --large-product 5us", 2, "--large-product");
  refused("--transfer-from h200_sxm --small-kernel 1ns", 1, "no small kernel of new_gpu can take 1ns");
}

TEST_CASE("where nothing can be fitted nothing is written") {
  const Shelf shelf;
  const std::string rows = (shelf.folder / "few.csv").string(), fits = (shelf.folder / "fits.yaml").string();
  std::ofstream table(rows);
  table << "platform,op,ranks,ranks_per_node,message_bytes,time_us\n";
  for (int i = 0; i < 6; ++i) table << "dgx_h100,all_reduce,8,8," << (1048576 << i) << "," << 40 + i << "\n";
  table.close();
  for (const char* json : {"", " --json"}) {
    const Ran ran =
        run_aifsim("calibrate collectives dgx_h100 --from " + rows + " --out " + fits + json, shipped_home);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.out, Catch::Contains("6 rows are too few to fit"));
    CHECK_THAT(ran.err, Catch::Contains("dgx_h100: nothing was fitted, and nothing is written: library: "));
    CHECK_FALSE(fs::exists(fits));
  }
  std::ofstream(rows) << "gpu,software,op,m,n,k,dtype,time_us\nnew_gpu,a,gemm,64,64,64,bf16,5\n";
  const Ran ran = shelf.run("calibrate gpu new_gpu --from " + rows + " --out " + fits);
  CHECK(ran.code == 1);
  CHECK_THAT(ran.err, Catch::Contains("new_gpu: nothing was fitted"));
  CHECK_FALSE(fs::exists(fits));
}
