// Partitions of a platform: nodes of several kinds on one fabric. Each says what differs from the machine: any of a
// platform's keys, merged over the machine's as an including file is over what it includes; of the fabric, what its
// NICs are. Where a platform is named, "leonardo:booster" names a partition.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "catalog/document.hpp"
#include "catalog/platform.hpp"

namespace aifsim {

// "leonardo:booster" -> leonardo, booster; a name without a partition has "".
struct PlatformName {
  std::string_view platform, partition;
};
PlatformName split_platform_name(std::string_view name);
// The same platform, another partition; the name itself where `partition` is "".
std::string with_partition(std::string_view name, std::string_view partition);
// "lisa" -> lisa; "a+b" -> a, b: a job on alike nodes of several.
std::vector<std::string> parts_of_partition(std::string_view partition);

namespace catalog {

// Their names, in file order; empty where the file has none.
std::vector<std::string> partition_names(const Document& platform);
// The document of the machine as one of them has it.
Document partition_document(Document platform, const std::string& partition);
// Gives each its place on the fabric; tells where they overlap or do not fit.
void place_partitions(std::vector<PartitionDescription>& partitions, const FabricDescription& fabric,
                      std::vector<Problem>& problems);

}  // namespace catalog
}  // namespace aifsim
