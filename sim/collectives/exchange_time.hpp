// Expert dispatch and combine (DeepEP and alike).
//   normal       t = a + N a1 + E te + max(h(vD / (m b), vD / B), h(vX / (m b'), vX / B')) + c sqrt(vD / m)
//                    + T k tt / m,     h(x, y) = (x^3 + y^3)^(1/3)
//   low latency  t = a + N a1 + E te + T k tt / 8 + T k 2H / B (1 + (nodes - 1) / nodes B / B')
//   T tokens of H 16-bit numbers per rank, k of E experts; D = R (1 - (1 - 1/R)^k) distinct ranks of R per
//   token, X = nodes (1 - (1 - 1/nodes)^k) (1 - 1/nodes) distinct other nodes; v = 2 T H; N = log2(nodes);
//   m multiprocessors given to the kernel (20 where unsaid); a base, a1 node_level, te expert_time,
//   tt token_time, c ramp, b sm_bandwidth, B bandwidth, b' sm_node_bandwidth, B' node_bandwidth.
// Assumes tokens spread evenly over experts. Source: DeepEP's two kernels; constants fitted.
#pragma once
#include "catalog/collective_models.hpp"
#include "records/collective_rows.hpp"

namespace aifsim {

Seconds exchange_time(const ExchangeModel& model, const CollectiveQuery& query);

}  // namespace aifsim
