// All-reduce of GPU buffers over several nodes.
//
//   tree   t = a + l^1.3 a1 + w(S / W) b + c (1 + g l) sqrt(S) + 2 S / (B (1 - d)^(l-1))
//   ring   t = a + 2 (n-1) a1 + w(S / W) b + c (1 + g l) sqrt(S) + V / (B (1 - d)^(l-1))
//   wide   t = a + l a1 + c (1 + g l) sqrt(S) + V / (B (1 - d_ring)^(l-1))       MPI: scatter in the node
//   first short  t = a + l a1 + c sqrt(S) + l S / (B (1 - d_ring)^(l-1))               MPI: one rank per node
//   w(x) = 1 / (1 + x^-3);  library's choice: the quicker of tree and ring up to tree_limit n / 64, then the
//   ring (the ring's latency grows as n)
//   S bytes of the buffer, V = 2 (n-1)/n S, n ranks, l = log2(nodes); per form its own a (base), a1 (level,
//   step), b (late), W (switch), c (ramp), B (bandwidth), d (loss); g ramp_growth.
// NCCL forms that a machine lacks (collnet, NVLS, PAT for all-reduce) run as the library's choice; nvls_tree
// ran as the ring. Assumes one job, contiguous nodes. Range: 2 to 360 nodes, 32 B to 32 GiB. Source: Hockney
// 1994; NCCL's trees and rings; constants fitted by `aifsim calibrate collectives`.
#pragma once
#include "catalog/collective_models.hpp"
#include "collectives/query.hpp"

namespace aifsim {

enum class ClusterForm { library, tree, ring, wide, short_form };
// CannotAnswer: no form for the operation or algorithm.
ClusterForm cluster_form(const CollectiveQuery& query);
Seconds cluster_time(const ClusterModel& model, const CollectiveQuery& query);
// Bytes of the largest buffer for which the library considers a tree.
double largest_tree(const ClusterModel& model, double ranks);

// Expert dispatch and combine (DeepEP and alike).
//   normal       t = a + N a1 + E te + max(h(vD / (m b), vD / B), h(vX / (m b'), vX / B')) + c sqrt(vD / m)
//                    + T k tt / m,     h(x, y) = (x^3 + y^3)^(1/3)
//   low latency  t = a + N a1 + E te + T k tt / 8 + T k 2H / B (1 + (nodes - 1) / nodes B / B')
//   T tokens of H 16-bit numbers per rank, k of E experts; D = R (1 - (1 - 1/R)^k) distinct ranks of R per
//   token, X = nodes (1 - (1 - 1/nodes)^k) (1 - 1/nodes) distinct other nodes; v = 2 T H; N = log2(nodes);
//   m multiprocessors given to the kernel (20 where unsaid); a base, a1 node_level, te expert_time,
//   tt token_time, c ramp, b sm_bandwidth, B bandwidth, b' sm_node_bandwidth, B' node_bandwidth.
// Assumes tokens spread evenly over experts. Source: DeepEP's two kernels; constants fitted.
Seconds exchange_time(const ExchangeModel& model, const CollectiveQuery& query);

}  // namespace aifsim
