// Every shipped machine with a file system: what its nodes read and write reaches what the tier and the nodes'
// networks let through, and never more.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "factory/training_table.hpp"
#include "plan/router.hpp"
#include "root.hpp"
#include "shipped_platforms.hpp"

namespace aifsim {

TEST_CASE("every file system of the catalogue gives what its parts let through", "[factory][storage]") {
  static const Catalog shipped{std::filesystem::path(test_root())};
  PlatformShelf shelf(shipped);
  std::size_t tiers = 0;
  for (const std::string& name : platforms_with_gpus(shipped)) {
    const PlatformInstance* platform = shelf.find(name);
    const Topology& machine = platform->topology;
    for (const StorageTierDescription& tier : platform->description.storage)
      for (const std::int64_t nodes :
           {std::int64_t{1}, std::int64_t{2}, machine.nodes() / 3, machine.nodes()})
        for (const bool write : {false, true}) {
          ++tiers;
          CAPTURE(name, tier.name, nodes, write);
          std::vector<std::int64_t> on;
          for (std::int64_t i = 0; i < nodes; ++i) on.push_back(i * (machine.nodes() / nodes));
          Router router(machine, on, true);
          RankLattice members;
          const std::int64_t ranks = nodes * machine.gpus_per_node();
          members.add(ranks, 1);
          const RoutedGroup& group = router.group({RankLattice{}, members});
          const Flow& flow = *router.storage(tier.name, write, group).phases.front().flow;
          const double rate = static_cast<double>(ranks) / flow.seconds_per_unit,
                       of_tier = write ? tier.write->value : tier.read->value,
                       of_servers = *tier.servers * *tier.nics * tier.injection->value,
                       of_nodes = static_cast<double>(nodes * machine.nics_per_node()) *
                                  machine.capacity(machine.nic_out(0, 0)).value,
                       most = std::min({of_tier, of_servers, of_nodes});
          CHECK(rate <= most * (1 + 1e-9));
          CHECK(rate >= 0.7 * most);
          double at_media = 0;
          for (const LinkUnits& l : flow.links)
            if (machine.link(l.link).class_name == tier.name + (write ? " write" : " read"))
              at_media += l.units;
          CHECK(at_media == Approx(static_cast<double>(ranks)));
        }
  }
  CHECK(tiers >= 8 * 9);
}

}  // namespace aifsim
