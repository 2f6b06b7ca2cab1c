// What cannot be is warned of; what is shipped can be.
#include <catch2/catch.hpp>
#include <string>

#include "catalog/catalog.hpp"
#include "catalog/plausible_gpu.hpp"
#include "machine/plausible_platform.hpp"
#include "shipped.hpp"
#include "shipped_platforms.hpp"

using namespace aifsim;

namespace {

std::string text(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& problem : problems) {
    CHECK(problem.place.line > 0);
    all += problem.str() + "\n";
  }
  return all;
}

template <class Change>
std::string with_platform(const char* name, Change change) {
  PlatformDescription platform = shipped().platform(name);
  change(platform);
  return text(implausible(platform, shipped().gpu(platform.node.gpu)));
}

template <class Change>
std::string with_gpu(const char* name, Change change) {
  GpuDescription gpu = shipped().gpu(name);
  change(gpu);
  return text(implausible(gpu));
}

using Catch::Contains;

}  // namespace

TEST_CASE("no shipped platform or GPU model says what cannot be") {
  for (const std::string& name : shipped().names(CatalogKind::gpu))
    CHECK(text(implausible(shipped().gpu(name))) == "");
  for (const std::string& name : platforms_with_gpus(shipped())) {
    const PlatformDescription platform = shipped().platform(name);
    CHECK(text(implausible(platform, shipped().gpu(platform.node.gpu))) == "");
  }
}

TEST_CASE("a NIC faster than the way to it is warned of, with both rates") {
  const std::string told = with_platform(
      "dgx_h100", [](PlatformDescription& p) { p.fabric.injection.value = BytesPerSecond{100e9}; });
  CHECK_THAT(told, Contains("NICs of 100 GB/s behind 64 GB/s (gpu0 to pcie0"));
}

TEST_CASE("a rate of a whole node as that of a NIC, and links wider than their lanes, are warned of") {
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.fabric.injection.value = BytesPerSecond{400e9}; }),
             Contains("injection of 3200 Gb/s for each NIC"));
  CHECK_THAT(
      with_platform("dgx_h100", [](auto& p) { p.node.wiring[1].bandwidth.value = BytesPerSecond{512e9}; }),
      Contains("512 GB/s from gpu* to pcie*; 16 lanes of PCIe"));
  CHECK_THAT(
      with_platform("dgx_h100", [](auto& p) { p.node.wiring[0].bandwidth.value = BytesPerSecond{9000e9}; }),
      Contains("9000 GB/s from gpu* to nvswitch0"));
}

TEST_CASE("a fabric that the nodes do not fill is warned of") {
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.nodes.value = 200; }),
             Contains("200 nodes in a fabric with places for 2048: 90 % are empty"));
  CHECK_THAT(
      with_platform("dgx_h100", [](auto& p) { p.nodes.value = 16; }),
      Contains("level spine joins one group only: all 16 nodes fit below one switch group of level leaf"));
  CHECK_THAT(with_platform("mimer",
                           [](auto& p) {
                             std::get<LeafSpineDescription>(p.fabric.topology).spine_switches.value *= 8;
                           }),
             Contains("spine links that nothing fills"));
}

TEST_CASE("rates and latencies of no cable are warned of") {
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.fabric.injection.value = BytesPerSecond{0.125}; }),
             Contains("injection of 1e-09 Gb/s"));
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.fabric.hop_latency.value = Seconds{1000}; }),
             Contains("hop_latency of 1000s; inside a machine they are below 100us"));
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.fabric.nic_latency.value = Seconds{1}; }),
             Contains("nic_latency of 1s"));
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.node.wiring[0].latency.value = Seconds{0.001}; }),
             Contains("latency from gpu* to nvswitch0 of 1ms"));
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.nodes.value = 3; }), Contains(": 99 % are empty"));
}

TEST_CASE("too little memory beside the GPUs is warned of") {
  CHECK_THAT(with_platform("dgx_h100", [](auto& p) { p.node.memory.value = Bytes{64e9}; }),
             Contains("host memory of 64 GB beside"));
}

TEST_CASE("nodes of another file than the whole machine's capital are warned of") {
  CHECK_THAT(with_platform("it4lia_ai", [](auto& p) { p.nodes.place.file = "ours.yaml"; }),
             Contains("2050 nodes here, and cost.capital and cost.embodied of the whole machine in "));
  CHECK(with_platform("it4lia_ai", [](auto&) {}).empty());
}

TEST_CASE("parts that draw more than rack or site can give are warned of") {
  const auto site = [](double megawatts) {
    return [=](PlatformDescription& p) {
      p.facility->power.value = Watts{megawatts * 1e6};
      p.facility->power.place = p.place;
    };
  };
  // 1,120 nodes of 4 x 700 W, two CPUs of 300, and 390 W more, with 140 W of switches, conversion, their share of the
  // file systems' 349 kW, and PUE.
  const double all = 1120 * ((4 * 700 + 600 + 80 + 100 + 10 + 200 + 140) / 0.94 + 349e3 / 7528) * 1.08 / 1e6;
  CHECK_THAT(
      with_platform("mn5_acc", site(all - 0.01)),
      Contains("1120 nodes draw 5.113MW at the meter with all parts at their limits, cooling included, "
               "and the site has 5.103MW"));
  CHECK(with_platform("mn5_acc", site(all + 0.01)).empty());
  const auto rack = [](double kilowatts) {
    return [=](PlatformDescription& p) {
      p.power->rack_nodes.value = 18;
      p.power->rack.value = Watts{kilowatts * 1e3};
      p.power->rack.place = p.place;
    };
  };
  CHECK_THAT(with_platform("gb200_nvl72", rack(100)), Contains("a rack of 18 nodes draws"));
  CHECK(with_platform("gb200_nvl72", rack(132)).empty());
}

TEST_CASE("peaks with sparsity, formats in the wrong order and absurd memories are warned of") {
  CHECK_THAT(
      with_gpu("h100_sxm_80gb", [](auto& g) { g.peak[Dtype::bf16].value = FlopsPerSecond{1979e12}; }),
      Contains(
          "peak.bf16 of 1979 TFLOPS needs 132 multiprocessors at 3.66 GHz; is it the figure with sparsity"));
  CHECK_THAT(with_gpu("h100_sxm_80gb", [](auto& g) { g.peak[Dtype::fp8].value = FlopsPerSecond{3958e12}; }),
             Contains("peak.fp8 is 4 times that of bf16"));
  CHECK_THAT(with_gpu("h100_sxm_80gb", [](auto& g) { g.peak[Dtype::fp8].value = FlopsPerSecond{500e12}; }),
             Contains("peak.fp8 is 500 TFLOPS, less than the 989"));
  CHECK_THAT(with_gpu("a100_sxm_80gb", [](auto& g) { g.memory_bandwidth.value = BytesPerSecond{2e9}; }),
             Contains("FLOPs of 16 bit for each byte"));
  CHECK_THAT(with_gpu("a100_sxm_80gb", [](auto& g) { g.l2.value = Bytes{40e9}; }),
             Contains("l2 of 4e+04 MB"));
  CHECK_THAT(with_gpu("a100_sxm_80gb", [](auto& g) { g.power_limit.value = Watts{4}; }),
             Contains("power_limit of 4 W"));
}

TEST_CASE("a power limit over that of measured kernels is warned of", "[machine]") {
  CHECK_THAT(with_gpu("h100_sxm_80gb", [](auto& g) { g.power_limit.place.file = "mine.yaml"; }),
             Contains("mine.yaml:") && Contains("power_limit of 700 W beside constants that were measured"));
  // Another part, with a memory of its own.
  CHECK(with_gpu("h100_sxm_80gb",
                 [](auto& g) { g.power_limit.place.file = g.memory.place.file = "mine.yaml"; }) == "");
  const auto set = [](double watts) {
    const Settings settings{setting_of("power_limit", std::to_string(watts) + "W", {"s.yaml", 7, 20})};
    return text(limit_without_cap(shipped().gpu("h100_sxm_80gb", {}, settings), Watts{700}));
  };
  CHECK_THAT(set(350), Contains("s.yaml:7:20: power_limit of 350 W") && Contains("gpu.power_cap: 50%"));
  CHECK_THAT(set(1000), Contains("what more power would give is not known"));
  CHECK(set(700) == "");
}
