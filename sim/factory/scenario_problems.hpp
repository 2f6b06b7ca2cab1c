// What only a run of a scenario's jobs would refuse: `aifsim check` asks here, so that it tells before.
#pragma once
#include <vector>

#include "base/error.hpp"
#include "catalog/scenario.hpp"

namespace aifsim {

std::vector<Problem> problems_of_jobs(const ScenarioDescription& scenario);

}  // namespace aifsim
