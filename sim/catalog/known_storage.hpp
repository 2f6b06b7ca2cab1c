// What the shipped catalogue says of storage by itself: platforms/storage/*.yaml, which platforms include.
#pragma once
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

struct KnownStorage {
  std::vector<FileSystemDescription> file_systems;  // each once
  std::vector<StorageTierDescription> tiers;        // of machines, and single products
};
// InputError with all that is wrong in them.
KnownStorage known_storage(const Catalog& catalog);

}  // namespace aifsim
