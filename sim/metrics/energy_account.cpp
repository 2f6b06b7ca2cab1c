#include "metrics/energy_account.hpp"

namespace aifsim {
namespace {

struct Names {
  const char *key, *name;
};
constexpr std::array<Names, energy_parts> names{{{"gpus_j", "GPU boards"},
                                                 {"cpus_j", "CPUs"},
                                                 {"memory_j", "host memory"},
                                                 {"nics_j", "NICs"},
                                                 {"drives_j", "drives"},
                                                 {"node_j", "rest of the node"},
                                                 {"switches_j", "switches"},
                                                 {"file_systems_j", "file systems"},
                                                 {"conversion_j", "conversion"},
                                                 {"cooling_j", "cooling and site"}}};

}  // namespace

const char* key_of(EnergyPart part) { return names[static_cast<std::size_t>(part)].key; }
const char* name_of(EnergyPart part) { return names[static_cast<std::size_t>(part)].name; }

}  // namespace aifsim
