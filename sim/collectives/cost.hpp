// What a phase of a collective costs on a platform, besides the load on its links.
//
//   t = h_intra * a_intra + h_inter * a_inter + max over links l of V * w_l / (B_l * e)
//   e = e_intra                              for rings and trees inside a node
//     = e_inter * (1 - d)^(log2(n) - 1)      for those that cross nodes, n = nodes of the group
//
//   t [s]; V bytes of the whole buffer; w_l share of V that crosses link l (one direction), B_l [B/s];
//   h messages one after the other on the longest path (schedule.hpp); a [s] per message; d loss per doubling.
// Assumes that every ring and tree of a phase advances together, and that a message's cost does not depend on
// its size beyond its bytes. Range: from 2 ranks; fitted on all-gather, reduce-scatter and all-reduce of 10 MB to
// 700 MB buffers over 1 to 512 nodes. Source: the alpha-beta model (Hockney 1994) applied to NCCL's rings; constants
// per platform, fitted by `aifsim calibrate training`.
#pragma once
#include <cstdint>

#include "base/units.hpp"
#include "catalog/platform.hpp"
#include "collectives/schedule.hpp"

namespace aifsim {

Seconds message_time(const CommunicationDescription& c, double hops_intra, double hops_inter);
double intra_node_efficiency(const CommunicationDescription& c);
double inter_node_efficiency(const CommunicationDescription& c, std::int64_t nodes);

// Pieces into which a tree cuts `bytes`: NCCL's default buffer of 4 MiB in 8 steps gives slices of 512 KiB
// (NCCL environment documentation, NCCL_BUFFSIZE), one slice per tree at a time.
std::int64_t pieces_of(Bytes bytes, const Schedule& schedule);

}  // namespace aifsim
