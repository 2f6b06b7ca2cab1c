// Machines that are joined into one platform: `machines` of its file, each a platform of its own.
#pragma once
#include <vector>

#include "catalog/document.hpp"

namespace aifsim::catalog {

// Machines of machines come in their place. Then of each stay name, at, uplink and fabric; its partitions, or itself where
// it has none, become partitions of the platform, called by its name (leonardo_booster of leonardo), and its storage
// tiers tiers of the platform (leonardo_flash), beside those partitions.
void expand_machines(Node& root, std::vector<Problem>& problems);

}  // namespace aifsim::catalog
