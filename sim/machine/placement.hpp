// Which nodes a job gets. It changes the answer: a job spread over cells crosses links that a compact one
// never sees.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "catalog/scenario.hpp"
#include "machine/topology.hpp"

namespace aifsim {

// One named policy. A new one is a function and a line in the table behind placement_kinds().
struct PlacementKind {
  PlacementPolicy policy;
  std::string_view name;
  std::string_view meaning;
  // `nodes` of the machine's that are not `taken` (by node; empty: none is), in rank order.
  std::vector<std::int64_t> (*choose)(const PlacementDescription& placement, std::int64_t nodes,
                                      const Topology& topology, std::uint64_t seed,
                                      const std::vector<char>& taken);
};
std::span<const PlacementKind> placement_kinds();

// The same, where it leaves open how many GPUs of each scale-up domain a contiguous job takes: the most that groups of
// `unit` ranks fill and that divides the job, as sites give 64 of 72 to a job of 512. Domains that a node is, and
// groups that fit none, leave it as it is.
PlacementDescription in_segments(PlacementDescription placement, std::int64_t gpus, std::int64_t unit,
                                 const Topology& topology);

// The nodes of a job of so many GPUs; rank r runs on GPU r % gpus_per_node of node [r / gpus_per_node]. A job
// that is larger than one node must fill its nodes. CannotAnswer where it does not, or where the machine is
// too small, or too full with the nodes `taken` by other jobs (by node; empty: none); InputError where a list
// of nodes is too short, repeats a node or names one that does not exist or is taken.
std::vector<std::int64_t> place_job(const PlacementDescription& placement, std::int64_t gpus,
                                    const Topology& topology, std::uint64_t seed,
                                    const std::vector<char>& taken = {});

}  // namespace aifsim
