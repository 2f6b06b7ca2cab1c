// What a job can be put on: platforms, and partitions with GPUs of those that have several. Machines that are joined stand
// there by themselves too.
#pragma once
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

inline std::vector<std::string> platforms_with_gpus(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const std::string& name : catalog.names(CatalogKind::platform))
    for (const PlatformDescription& platform : catalog.partitions(name))
      if (!platform.node.gpu.empty() && !std::holds_alternative<JoinedDescription>(platform.fabric.topology))
        names.push_back(platform.name);
  return names;
}

}  // namespace aifsim
