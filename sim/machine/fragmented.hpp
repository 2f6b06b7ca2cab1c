// The nodes of a job as real jobs have them on busy machines: some groups (cells, islands), and in each some
// runs of nodes in a row.
//
//   g = min(n, G)^clamp(a0 + a1 log2 n + a2 z)      groups of the G that have room
//   r = max(g, n^clamp(b0 + b1 log2 n + b2 z))      runs of consecutive free nodes
//
// n nodes; clamp to 0..1, so 0 is as compact and 1 as spread as can be; z of the standard normal distribution,
// one draw for both, since jobs on many groups are cut into many pieces (correlation 0.9 on LUMI). The groups,
// the nodes and runs of each, the runs' lengths and the free nodes between them are drawn uniformly. Ranks
// follow the nodes' numbers, as a batch system's sorted list has it.
//
// There are two sets of constants, and the seed draws one of them, evenly: how many groups a job spans is
// alike on both machines, but Leonardo's batch system deals single nodes over the switches, LUMI's takes runs
// of free nodes. Fitted by maximum likelihood of the clamped normal distribution, octaves of n weighted alike,
// to 1,578 jobs of Leonardo's Booster and 4,592 of LUMI-G (node lists of accounting, 4 to 2,900 nodes).
// Fitted on one and held against the other, the median number of groups of a size is met within a factor of
// 1.05 (Leonardo on LUMI) and 2.0 (LUMI on Leonardo), its 90 % quantile within 1.4; the number of runs only
// within 8 and 16: it is the batch system's, and a third machine may have either.
#pragma once
#include <cstdint>
#include <vector>

namespace aifsim {

// `groups` holds the free nodes of each group, ascending; together at least `nodes`. Ascending.
std::vector<std::int64_t> fragmented_nodes(std::vector<std::vector<std::int64_t>> groups, std::int64_t nodes,
                                           std::uint64_t seed);

}  // namespace aifsim
