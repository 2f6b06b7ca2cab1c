// Runs a plan on a placed job at one of the levels of fidelity; both answer with the same timeline.
//   analytical  closed forms: a collective takes its latency plus its volume at the speed that it has alone
//   flow        the collectives share the links in SimGrid's max-min solver
// At both levels a kernel runs 1/(1 + compute_slowdown) as fast while a collective runs on its GPU.
#pragma once
#include "catalog/scenario.hpp"
#include "engine/plan.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

Timeline run_analytical(const Plan& plan, const Topology& machine);
Timeline run_flow(const Plan& plan, const Topology& machine);
Timeline run(const Plan& plan, const Topology& machine, Fidelity fidelity);

// The duration alone, at the analytical level, for fits and searches.
Seconds analytical_duration(const Plan& plan);

// What each class of alike links carried over the run.
std::vector<LinkUse> link_use(const Plan& plan, const Topology& machine, Seconds duration);

}  // namespace aifsim
