// What steps would take on other nodes of the same machine: a contiguous job in rank order hides a tapered
// fabric, since the rings of its collectives cross each switch's uplinks once.
#pragma once
#include "factory/shared_fabric.hpp"

namespace aifsim {

// Of the policies contiguous, fragmented and random those that the jobs do not have themselves: all jobs are placed
// by it and run together once more, with the scenario's seed; none where rank_order_may_matter says no. Costs two
// further runs.
void add_other_placements(FabricRun& run, const FabricInputs& inputs);

// Steps under the next few draws of `fabric.hash`, where the fabric hashes transfers to its ways (ECMP) and a job is on
// several nodes: which of them meet is one draw, and another may be much slower.
void add_other_hashes(FabricRun& run, const FabricInputs& inputs);

}  // namespace aifsim
