#include "catalog/partitions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"

namespace aifsim {

PlatformName split_platform_name(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string_view::npos || name.find('/', colon) != std::string_view::npos) return {name, ""};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::string with_partition(std::string_view name, std::string_view partition) {
  if (partition.empty()) return std::string(name);
  return fmt::format("{}:{}", split_platform_name(name).platform, partition);
}

std::vector<std::string> parts_of_partition(std::string_view partition) {
  std::vector<std::string> parts{""};
  for (const char c : partition) {
    if (c == '+')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

namespace catalog {
namespace {

// Keys of a partition that no platform has.
bool of_partition_alone(const Node::Entry& entry) {
  return entry.key == "name" || entry.key == "first_place" || entry.key == "machine";
}

// What a partition cannot say: the machine has it once.
void check_keys(const Node& partition, std::vector<Problem>& problems) {
  for (const Node::Entry& entry : partition.entries) {
    if (entry.key == "kind" || entry.key == "partitions")
      problems.push_back(
          {entry.place, fmt::format("{}: stands at the top of a platform, not in a partition", entry.key)});
    if (entry.key != "fabric") continue;
    for (const Node::Entry& of_fabric : entry.value.entries)
      if (of_fabric.key != "injection" && of_fabric.key != "nic_latency" && of_fabric.key != "source" &&
          of_fabric.key != "confidence")
        problems.push_back(
            {of_fabric.place, fmt::format("fabric.{}: the fabric is the machine's; of a partition it has "
                                          "injection and nic_latency",
                                          of_fabric.key)});
  }
}

const Node* list_of(const Document& platform) {
  const Node* list = platform.root.find("partitions");
  return list && list->is_list() ? list : nullptr;
}

}  // namespace

std::vector<std::string> partition_names(const Document& platform) {
  std::vector<std::string> names;
  if (const Node* list = list_of(platform))
    for (const Node& partition : list->items)
      if (const Node* name = partition.find("name"); name && name->is_scalar()) names.push_back(name->text);
  return names;
}

Document partition_document(Document platform, const std::string& partition) {
  const Node* list = list_of(platform);
  if (!list) return platform;
  const auto own = std::find_if(list->items.begin(), list->items.end(), [&](const Node& item) {
    const Node* name = item.find("name");
    return name && name->text == partition;
  });
  if (own == list->items.end()) return platform;
  check_keys(*own, platform.problems);
  Node over = *own;
  std::erase_if(over.entries, [](const Node::Entry& entry) {
    return of_partition_alone(entry) || entry.key == "kind" || entry.key == "partitions";
  });
  const auto title = std::find_if(platform.root.entries.begin(), platform.root.entries.end(),
                                  [](const Node::Entry& entry) { return entry.key == "title"; });
  if (title != platform.root.entries.end() && !over.find("title")) title->value.text += ", " + partition;
  platform.root = merged(std::move(platform.root), std::move(over));
  return platform;
}

void place_partitions(std::vector<PartitionDescription>& partitions, const FabricDescription& fabric,
                      std::vector<Problem>& problems) {
  const auto* joined = std::get_if<JoinedDescription>(&fabric.topology);
  const std::vector<PlaceRange> of_machines =
      joined ? places_of_machines(*joined) : std::vector<PlaceRange>{};
  std::int64_t next = 0;
  const std::string* machine = nullptr;
  for (PartitionDescription& one : partitions) {
    double places = places_for_nodes(fabric, one.node.nics);
    std::int64_t first = 0;  // of its machine
    for (std::size_t m = 0; m < of_machines.size(); ++m)
      if (joined->machines[m].name == one.machine) {
        first = of_machines[m].first;
        places = static_cast<double>(first + of_machines[m].count);
        if (machine == nullptr || *machine != one.machine) next = first;
      }
    machine = &one.machine;
    one.first_place = one.first_place < 0 ? next : first + one.first_place;
    next = one.first_place + static_cast<std::int64_t>(*one.nodes);
    if (static_cast<double>(next) > places)
      problems.push_back(
          {one.place, fmt::format("partition {} takes the places {} to {} of the fabric, which has {}, "
                                  "counted from 0",
                                  quote(one.name), one.first_place, next - 1, places)});
  }
  for (const PartitionDescription& one : partitions)
    for (const PartitionDescription& other : partitions) {
      if (&other == &one) break;
      const auto end = [](const PartitionDescription& p) {
        return p.first_place + static_cast<std::int64_t>(*p.nodes);
      };
      if (one.first_place < end(other) && other.first_place < end(one))
        problems.push_back(
            {one.place, fmt::format("partition {} takes places of the fabric that partition {} has, {} to {}",
                                    quote(one.name), quote(other.name), other.first_place, end(other) - 1)});
    }
}

}  // namespace catalog
}  // namespace aifsim
