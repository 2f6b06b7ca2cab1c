#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kServers{.min = 1, .max = 1e5, .whole = true};
constexpr Limits kNics{.min = 1, .max = 64, .whole = true};

constexpr Limits kPositiveShare{.min = 1e-6, .max = 1, .ratio = true};

}  // namespace

Table<FileSystemDescription> TableOf<FileSystemDescription>::make() {
  using T = FileSystemDescription;
  return {{
              required("name", &T::name, "Tiers name it as their software: lustre."),
              optional("known_as", &T::known_as, "What tables of measured runs call it."),
              required("shared_read", &T::shared_read, kPositiveShare,
                       "Share of a tier's `read` that processes reach which read interleaved records of one "
                       "shared file, as in IO500's ior-hard."),
              required("shared_write", &T::shared_write, kPositiveShare,
                       "The same of its `write`: locks, and records that fill no block."),
          },
          {}};
}

Table<StorageTierDescription> TableOf<StorageTierDescription>::make() {
  using T = StorageTierDescription;
  return {
      {
          required("name", &T::name, "Checkpoints, data and jobs name it: flash."),
          required("servers", &T::servers, kServers, "Servers that files are spread over."),
          required("nics", &T::nics, kNics, "Network interfaces of a server."),
          required("injection", &T::injection, kPositive, "Of each of them, per direction."),
          required("read", &T::read, kPositive, "That the whole tier delivers, in large pieces."),
          required("write", &T::write, kPositive, "That the whole tier takes, in large pieces."),
          optional("client_read", &T::client_read, kPositive,
                   "The most that one node reads; as fast as its network where left out."),
          optional("client_write", &T::client_write, kPositive,
                   "The most that one node writes; as fast as its network where left out."),
          optional("opens", &T::opens, kPositive,
                   "Files per second that all clients together open; where left out, it takes no time."),
          optional("creates", &T::creates, kPositive,
                   "Files per second that they create; where left out, it takes no time."),
          optional("latency", &T::latency, kNotNegative, "Of a request."),
          optional("capacity", &T::capacity, kPositive, "Of the whole tier."),
          optional("power", &T::power, kPositive,
                   "Of all its servers and their drives, at the plug, on average; jobs draw the share of the "
                   "nodes that they "
                   "hold. Left out: not counted."),
          optional("shared_by", &T::shared_by, kCount,
                   "Nodes that it serves, where there are more than the platform's: of other partitions and "
                   "machines."),
          optional("first_place", &T::first_place, kCountOrZero,
                   "Place on the fabric of its first server, after those of the nodes; where left out, the "
                   "servers stand beside the nodes, evenly spread over the leaf switches."),
          optional("beside", &T::beside,
                   "Partitions beside whose nodes they stand; where left out, beside those of all."),
          optional("appliance", &T::appliance,
                   "Whether it is one of a product, of which a file system has some, and no machine's own."),
          optional("software", &T::software,
                   "One of `file_systems`; jobs whose processes share a file need it."),
          optional("known_as", &T::known_as, "What tables of measured runs call it."),
      },
      [](Reader& reader, const Node& node, const StorageTierDescription& tier) {
        if (tier.name == node_drives)
          reader.problem_in(
              node, "name",
              fmt::format("{} are the nodes' own drives; another name would be right", quote(tier.name)));
      }};
}

Table<DrivesDescription> TableOf<DrivesDescription>::make() {
  using T = DrivesDescription;
  return {{
              required("read", &T::read, kPositive, "That the node's drives deliver together."),
              required("write", &T::write, kPositive, "That they take together."),
              optional("capacity", &T::capacity, kPositive, "Of all of them."),
          },
          {}};
}

void check_storage(Reader& reader, const Node& root, const PlatformDescription& platform) {
  const Node* list = root.find("storage");
  if (!list || !list->is_list()) return;
  const Reader::Step list_step(reader, "storage");
  const std::vector<StorageTierDescription>& tiers = platform.storage;
  for (std::size_t i = 0; i < std::min(tiers.size(), list->items.size()); ++i) {
    const Reader::Step step(reader, i);
    const StorageTierDescription& tier = tiers[i];
    for (std::size_t j = 0; j < i; ++j)
      if (tiers[j].name == tier.name)
        reader.problem_in(list->items[i], "name", fmt::format("{} is named twice", quote(tier.name)));
    for (const std::string& name : tier.beside)
      if (std::none_of(platform.partitions.begin(), platform.partitions.end(),
                       [&](const PartitionDescription& one) { return one.name == name; }))
        reader.problem_in(list->items[i], "beside",
                          fmt::format("the platform has no partition {}", quote(name)));
    if (!tier.software.empty() && !file_system_of(platform.file_systems, tier.software)) {
      std::string known;
      for (const FileSystemDescription& one : platform.file_systems)
        known += (known.empty() ? "" : ", ") + one.name;
      reader.problem_in(
          list->items[i], "software",
          known.empty()
              ? fmt::format("this platform has no file_systems, found {}; \"include: "
                            "[storage/file_systems.yaml]\" brings lustre, gpfs, daos and others",
                            quote(tier.software))
              : fmt::format("expected one of file_systems ({}), found {}", known, quote(tier.software)));
    }
    if (tier.first_place >= 0 && !tier.beside.empty())
      reader.problem_in(list->items[i], "beside", "stands beside first_place; one of them would be right");
    if (tier.first_place < 0) continue;
    const double places = places_for_nodes(platform.fabric, tier.nics);
    if (static_cast<double>(tier.first_place) + tier.servers > places)
      reader.problem_in(list->items[i], "first_place",
                        fmt::format("its servers take the places {} to {} of the fabric, which has {}, "
                                    "counted from 0",
                                    tier.first_place,
                                    tier.first_place + static_cast<std::int64_t>(*tier.servers) - 1, places));
    if (platform.partitions.empty() && static_cast<double>(tier.first_place) < platform.nodes)
      reader.problem_in(list->items[i], "first_place",
                        fmt::format("nodes have the places 0 to {}, found {}",
                                    static_cast<std::int64_t>(*platform.nodes) - 1, tier.first_place));
  }
}

}  // namespace aifsim::catalog
