// Machines that are joined into one platform.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "catalog/files.hpp"
#include "replaced.hpp"

namespace aifsim {
namespace {

constexpr const char* one_site = R"(kind: platform
title: A site
site: nowhere
source: invented for a test
confidence: assumed
fabric: {kind: joined, hop_latency: 1us}
machines:
  - {name: old, include: small_tree.yaml, at: north, uplink: 400Gbps, title: Old machine}
  - name: new
    include: small_tree.yaml
    at: north
    uplink: 800Gbps
    nodes: 4
    storage:
      - {name: flash, servers: 2, nics: 1, injection: 200Gbps, read: 40GB/s, write: 30GB/s, latency: 1ms, software: lustre}
    file_systems:
      - {name: lustre, shared_read: 60%, shared_write: 10%}
)";
constexpr const char* two_sites = R"(kind: platform
title: Two sites
site: two places
source: invented for a test
confidence: assumed
fabric:
  kind: joined
  hop_latency: 1us
  wan:
    - {from: north, to: south, rate: 100Gbps, round_trip: 10ms, window: 64MiB, streams: 16}
machines:
  - {include: one_site.yaml}
  - name: far
    include: small_tree.yaml
    at: south
    uplink: 400Gbps
)";

struct ScratchSites : ScratchCatalog {
  explicit ScratchSites(const std::string& text = two_sites) {
    write("platforms/one_site.yaml", one_site);
    write("platforms/two_sites.yaml", text);
  }
};

}  // namespace

TEST_CASE("machines of machines come in their place, their storage by their name") {
  const ScratchSites scratch;
  const PlatformDescription far = scratch.catalog().platform("two_sites:far");
  REQUIRE(far.partitions.size() == 3);
  CHECK(far.partitions[0].name == "old");
  CHECK(far.partitions[2].name == "far");
  const auto& joined = std::get<JoinedDescription>(far.fabric.topology);
  REQUIRE(joined.machines.size() == 3);
  CHECK(joined.machines[1].uplink->value == 100e9);
  CHECK(joined.machines[1].fabric.kind == "fat_tree");
  const std::vector<PlaceRange> places = places_of_machines(joined);
  for (std::size_t i = 0; i < 3; ++i) CHECK(far.partitions[i].first_place == places[i].first);
  REQUIRE(far.storage.size() == 1);
  CHECK(far.storage.front().name == "new_flash");
  CHECK(far.storage.front().beside == std::vector<std::string>{"new"});
  REQUIRE(far.file_systems.size() == 1);
  CHECK(far.file_systems.front().name == far.storage.front().software);
  CHECK(scratch.catalog().platform("two_sites:old").title == "Old machine");
}

TEST_CASE("alike nodes of two partitions are one job's, others are told apart") {
  const ScratchSites scratch;
  const PlatformDescription both = scratch.catalog().platform("two_sites:new+far");
  CHECK(both.name == "two_sites:new+far");
  CHECK(both.title.find(" + ") != std::string::npos);
  CHECK(both.nodes == *both.partitions[1].nodes + *both.partitions[2].nodes);
  CHECK(scratch.problems("two_sites:new+fa") == "two_sites has no partition \"fa\", did you mean \"far\"?\n");
  CHECK(scratch.problems("two_sites:far+far") == "partition \"far\" is named twice\n");
  std::string other_nics = two_sites;
  other_nics += "    node: {nics: 2}\n";
  const ScratchSites unlike(other_nics);
  CHECK_THAT(unlike.problems("two_sites:new+far"), Catch::Contains("nodes of new and far differ"));
}

TEST_CASE("what joined machines cost is the sum of all, or it is told whose is not known") {
  const auto cost = [](const char* capital, int years, double utilisation) {
    return fmt::format(
        "cost: {{capital: {}, years: {}, staff: 1MEUR, utilisation: {}, embodied: 100tCO2e}}\n", capital,
        years, utilisation);
  };
  const std::string far = "    " + cost("60MEUR", 6, 0.9);
  ScratchSites scratch(two_sites + far);
  const PlatformDescription lacking = scratch.catalog().platform("two_sites:new+far");
  CHECK_FALSE(lacking.cost);
  CHECK(lacking.without_cost == std::vector<std::string>{"new"});
  REQUIRE(lacking.spanned.size() == 2);
  CHECK(lacking.spanned[0].name == "new");
  CHECK(lacking.spanned[1].name == "far");
  CHECK(lacking.spanned[0].site == lacking.spanned[1].site);  // small_tree's site is that of both
  CHECK(*lacking.spanned[0].nodes + *lacking.spanned[1].nodes == *lacking.nodes);

  scratch.write("platforms/one_site.yaml",
                replaced(one_site, "    nodes: 4\n", "    nodes: 4\n    " + cost("20MEUR", 4, 0.6)));
  const PlatformDescription both = scratch.catalog().platform("two_sites:new+far");
  REQUIRE(both.cost);
  CHECK(both.without_cost.empty());
  CHECK(both.cost->capital->value == Approx(80e6));
  CHECK(both.cost->staff->value == Approx(2e6));
  CHECK(*both.cost->capital / *both.cost->years == Euros{20e6 / 4 + 60e6 / 6});
  CHECK(both.cost->embodied->value / *both.cost->years == Approx(100e6 / 4 + 100e6 / 6));
  const double nodes = *both.partitions[2].nodes;
  CHECK(*both.cost->utilisation == Approx((4 * 0.6 + nodes * 0.9) / (4 + nodes)));
  CHECK_THAT(both.cost->capital.source, Catch::Contains("; "));
  CHECK(scratch.catalog().platform("two_sites:new").cost->capital->value == Approx(20e6));
}

TEST_CASE("file systems of one name are the same in all machines") {
  const std::string far = "    file_systems: [{name: lustre, shared_read: 60%, shared_write: 10%}]\n";
  CHECK(ScratchSites(std::string(two_sites) + far).catalog().platform("two_sites:far").file_systems.size() ==
        1);
  CHECK_THAT(ScratchSites(std::string(two_sites) + replaced(far, "10%", "11%")).problems("two_sites:far"),
             Catch::Contains("file_systems: lustre is another in a machine before"));
  CHECK_THAT(ScratchSites(std::string(two_sites) + "    file_systems: lustre\n").problems("two_sites:far"),
             Catch::Contains("expected a list"));
}

TEST_CASE("mistakes between machines, sites and links are told") {
  const auto told = [](const std::string& text) { return ScratchSites(text).problems("two_sites:far"); };
  CHECK_THAT(told(replaced(two_sites, "to: south", "to: sout")),
             Catch::Contains("no machine is at \"sout\""));
  CHECK_THAT(told(replaced(two_sites, "at: south", "at: west")),
             Catch::Contains("no machine is at \"south\""));
  CHECK_THAT(told(replaced(two_sites, "{include: one_site.yaml}", "{include: one_site.yaml, at: south}")),
             Catch::Contains("include stands alone"));
  CHECK_THAT(ScratchSites(replaced(two_sites, "name: far", "name: old")).problems("two_sites:new"),
             Catch::Contains("a machine before"));
  CHECK_THAT(told(replaced(two_sites, "    uplink: 400Gbps\n", "")), Catch::Contains("uplink"));
  CHECK_THAT(told(replaced(two_sites,
                           "  wan:\n    - {from: north, to: south, rate: 100Gbps, round_trip: 10ms, "
                           "window: 64MiB, streams: 16}\n",
                           "")),
             Catch::Contains("no chain of links joins"));
}

}  // namespace aifsim
