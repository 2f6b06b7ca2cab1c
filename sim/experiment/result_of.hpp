// The outcomes of a scenario's cases as one result, with the inputs that they rest on.
#pragma once
#include <vector>

#include "experiment/experiment.hpp"

namespace aifsim {

Result result_of(const Experiment& experiment, const Catalog& catalog, const std::vector<Case>& cases,
                 std::vector<Outcome>&& outcomes);

}  // namespace aifsim
