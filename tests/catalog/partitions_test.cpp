// Platforms with nodes of several kinds on one fabric.
#include "catalog/partitions.hpp"

#include <catch2/catch.hpp>

#include "catalog/files.hpp"
#include "replaced.hpp"

namespace aifsim {
namespace {

constexpr const char* machine = R"(kind: platform
title: Two kinds of nodes
site: nowhere
source: invented for a test
confidence: assumed
fabric:
  kind: fat_tree
  injection: 100Gbps
  nic_latency: 0.8us
  hop_latency: 0.2us
  levels: [{name: leaf, nodes: 4, oversubscription: 1}, {name: spine, nodes: 16}]
partitions:
  - {name: big, include: small_tree.yaml, nodes: 8}
  - name: small
    include: small_tree.yaml
    title: Small nodes
    nodes: 3
    node: {gpus: 2, nics: 2}
    fabric: {injection: 400Gbps}
  - name: cpus
    include: small_tree.yaml
    nodes: 2
    first_place: 14
    node: {gpu: null, gpus: 0, nics: 1, wiring: [{from: cpu0, to: nic0, bandwidth: 32GB/s, latency: 0.5us}]}
)";

struct ScratchPartitions : ScratchCatalog {
  explicit ScratchPartitions(const std::string& text = machine) { write("platforms/two.yaml", text); }
};

}  // namespace

TEST_CASE("a partition is the machine with what differs in it") {
  const ScratchPartitions scratch;
  const PlatformDescription small = scratch.catalog().platform("two:small");
  CHECK(small.name == "two:small");
  CHECK(small.title == "Small nodes");
  CHECK(small.machine_title == "Two kinds of nodes");
  CHECK(small.nodes == 3);
  CHECK(small.node.gpus == 2);
  CHECK(small.node.gpu == "small_gpu");
  CHECK(small.fabric.injection->value == 50e9);
  CHECK(std::get<FatTreeDescription>(small.fabric.topology).levels.back().nodes == 16);
  REQUIRE(small.partitions.size() == 3);
  CHECK(small.partitions[0].first_place == 0);
  CHECK(small.partitions[0].node.gpus == 4);
  CHECK(small.partitions[0].injection->value == 12.5e9);
  CHECK(small.partitions[1].first_place == 8);
  CHECK(small.partitions[1].injection->value == 50e9);
  CHECK(small.partitions[2].first_place == 14);
  CHECK(scratch.catalog().partitions("two").size() == 3);
  CHECK(scratch.catalog().check(scratch.root() / "platforms/two.yaml").empty());
}

TEST_CASE("a name says which partition, or is told them") {
  const ScratchPartitions scratch;
  CHECK(scratch.problems("two") == "two has several partitions; one of two:big, two:small would be right\n");
  CHECK(scratch.problems("two:smal") == "two has no partition \"smal\", did you mean \"small\"?\n");
  CHECK(scratch.problems("two:cpus") == "two:cpus has no GPUs, and every job takes some\n");
  CHECK(scratch.problems("small_tree:big") == "small_tree has no partitions, found \"big\"\n");
  CHECK(with_partition("./two.yaml:big", "small") == "./two.yaml:small");
  CHECK(split_platform_name("a:b/two.yaml").partition.empty());
}

TEST_CASE("what a partition cannot say is told") {
  const auto told = [](const std::string& what, const std::string& by) {
    return ScratchPartitions(replaced(machine, what, by)).problems("two:big");
  };
  CHECK(told("first_place: 14", "first_place: 15")
            .find("takes the places 15 to 16 of the fabric, which has 16") != std::string::npos);
  CHECK(told("first_place: 14", "first_place: 7")
            .find("takes places of the fabric that partition \"big\" has, 0 to 7") != std::string::npos);
  // Whichever is asked for.
  CHECK(told("{injection: 400Gbps}", "{hop_latency: 1us}")
            .find("fabric.hop_latency: the fabric is the machine's") != std::string::npos);
  CHECK(told("name: cpus", "name: small").find("is the name of a partition before") != std::string::npos);
  CHECK(told("first_place: 14", "first_places: 14").find("unknown key") != std::string::npos);
  CHECK(told("first_place: 14", "first_place: 14\n    machine: other")
            .find("machine: belongs to machines that a fabric of kind joined joins") != std::string::npos);
}

TEST_CASE("values are set in the partition that is asked for") {
  const ScratchPartitions scratch;
  const Settings settings{setting_of("nodes", "1", Place{"test"}),
                          setting_of("partitions.big.nodes", "4", Place{"test"})};
  const PlatformDescription small = scratch.catalog().platform("two:small", {}, settings);
  CHECK(small.nodes == 1);
  CHECK(small.partitions[0].nodes == 4);
  CHECK(small.partitions[1].first_place == 4);
  const Catalog catalog = scratch.catalog();
  CHECK(catalog.digest(CatalogKind::platform, "two:small") !=
        catalog.digest(CatalogKind::platform, "two:big"));
  CHECK(catalog.digest(CatalogKind::platform, "two:small") !=
        catalog.digest(CatalogKind::platform, "two:small", {}, settings));
}

TEST_CASE("figures that all partitions have stand once") {
  const ScratchPartitions scratch;
  int hops = 0, gpus = 0;
  for (const FigureRow& row : scratch.catalog().figures(scratch.root() / "platforms/two.yaml")) {
    hops += row.path == "fabric.hop_latency";
    gpus += row.path == "partitions.small.node.gpus" && row.value == "2";
    CHECK(row.path != "node.gpus");
  }
  CHECK(hops == 1);
  CHECK(gpus == 1);
}

}  // namespace aifsim
