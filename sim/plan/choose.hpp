// The algorithms by which a library may run a collective.
#pragma once
#include <optional>
#include <vector>

#include "collectives/law.hpp"
#include "plan/router.hpp"

namespace aifsim {

struct Choice {
  Algorithm algorithm = Algorithm::ring;
  std::optional<Law> law;
  Seconds least_transfer;  // where there is no law
};

// `idle_fabric`: fitted laws hold between nodes too.
std::vector<Choice> choices_for(const PlatformDescription& platform, const Collective& collective,
                                const RoutedGroup& group, bool idle_fabric);

}  // namespace aifsim
