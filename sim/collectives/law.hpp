// What a library takes for a collective of GPU buffers on an idle machine, from the fitted blocks of a
// platform, in a form that contention can act on.
//
//   t = latency + transfer;   latency = t at no bytes, transfer = what the bytes add
//
//   inside a node or scale-up domain   block `node` (node_time.hpp): ring, in-switch all-reduce, pairwise
//   exchange over whole nodes                   block `cluster` (cluster_time.hpp): all-reduce by tree and
//   ring; gathers and
//                                      reduce-scatters by a ring of half its steps and half its volume
//
// Assumption: what the bytes add is held up by the links that they cross, so that a share of them is a share
// of the time. Gathers over nodes were not measured: their spread is twice the block's. Source: `aifsim
// calibrate collectives`.
#pragma once
#include <optional>

#include "catalog/platform.hpp"
#include "collectives/schedule.hpp"

namespace aifsim {

struct Law {
  Seconds latency, transfer;
  double spread = 0;  // of log(real / time)
  const char* block = "";
  bool bounded = true;  // by the rates of the links of its schedule
};

// nullopt: no block of the platform covers it. `whole_nodes`: the group has all GPUs of its nodes.
std::optional<Law> law_of(const PlatformDescription& platform, CollectiveKind kind, Algorithm algorithm,
                          const GroupShape& group, Bytes bytes, bool whole_nodes);

// What the bytes need inside each node of a group over several, where the block `node` tells: there they pass its
// wires as they do in a collective of that node alone. 0: not known.
Seconds least_transfer(const PlatformDescription& platform, CollectiveKind kind, Algorithm algorithm,
                       const GroupShape& group, Bytes bytes);

// The algorithms among which the library chooses where a block covers the group, by the block's own
// threshold; empty: none does.
std::vector<Algorithm> library_choices(const PlatformDescription& platform, CollectiveKind kind,
                                       const GroupShape& group, Bytes bytes, bool whole_nodes);

}  // namespace aifsim
