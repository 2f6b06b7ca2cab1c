// Traffic in the background: flows between pairs of GPUs that go on while others run.
#pragma once
#include "catalog/scenario.hpp"
#include "plan/plan.hpp"

namespace aifsim {

// Each GPU offers `load` times its share of its NIC's rate. CannotAnswer for a job of one node.
Plan make_background(const TrafficDescription& traffic, const Job& job, std::uint64_t seed);

}  // namespace aifsim
