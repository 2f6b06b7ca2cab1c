// What a phase of a collective costs on a platform.
//
//   t = h_intra * (a_intra + r_intra) + h_inter * (a_inter + r_inter) + max over links l of V * w_l / (B_l *
//   e) e = e_intra                              for rings and trees inside a node
//     = e_inter * (1 - d)^(log2(n) - 1)      for those that cross nodes, n = nodes of the group
//
//   t [s]; V bytes of the whole buffer; w_l share of V that crosses link l (one direction), B_l [B/s];
//   h messages one after the other (schedule.hpp); a [s] what the library spends per message; r [s] latency
//   of the slowest route that the phase uses, from the platform's wiring and fabric; d loss per doubling.
// A phase of unlike steps (pairwise) takes the sum over its steps of the slowest route and the busiest link.
// Where a platform has fitted laws (law.hpp), the phases are scaled to meet them. A pipelined phase takes
// what plan/pipeline.hpp says. Assumes that every ring and tree of a phase advances together. A ring sends
// each chunk as one message; a tree cuts its part into pieces, each a message. Source: the alpha-beta model
// (Hockney 1994) applied to NCCL's rings and trees. a_inter, e_inter and d are fitted to whole training steps
// (gathers and reductions of 40 to 700 MB over 2 to 512 nodes) by `aifsim calibrate training`: they also take
// up what neighbours on the fabric cost, and are not meant for small messages.
#pragma once
#include <cstdint>

#include "base/units.hpp"
#include "catalog/platform.hpp"

namespace aifsim {

double intra_node_efficiency(const CommunicationDescription& c);
double inter_node_efficiency(const CommunicationDescription& c, std::int64_t nodes);

}  // namespace aifsim
