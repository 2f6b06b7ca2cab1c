// Runs one case.
#pragma once
#include "experiment/case.hpp"
#include "experiment/outcome.hpp"

namespace aifsim {

// What has no answer says why in `problem`: larger than the machine, not divided by the layout, does not fit in
// memory, not modelled; and swept values that do not go together. InputError for other mistakes of the user.
Outcome run_case(const Case& c, InputReader& inputs);

}  // namespace aifsim
