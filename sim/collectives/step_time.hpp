// MPI collectives, algorithm by algorithm: what each step sends, and what a step costs.
//
//   t = sum over steps of  r (l + (k - 1) o + k m f / B + c sqrt(m) + u / G + e p / (P (1 + (C / 2S)^2))
//                             + e (A + a / F) / (1 + (Mf / S)^4))        the last where a > 0
//   l = x (L + H log2(d + 1) + Z) + (1 - x) l0,   Z = z if m > Mz else z (m / Mz)^2
//   B = B0, or y B0 where two ranks send to each other; within a node B_l
//   f = max(1, R n / NICs) for steps in which every rank of a node sends out, R NICs that one message is spread
//   over
//   1/G = 1/Gc + (e/Gm - 1/Gc) / (1 + (C / 2S)^2)
//   e = n^q: ranks of a node slow each other's work in memory
//
//   per step: r repetitions of k messages at once of m bytes to a rank d nodes away, x the share of messages that
//     leave the node, u bytes reduced, p bytes copied, a bytes of newly allocated memory
//   S the buffer, n the ranks per node
//   per library and machine: L latency, o message_gap, B0 bandwidth, R rails, Gc cached_reduction, Gm
//   memory_reduction, P copy_bandwidth, F fresh_bandwidth
//   alike on all (mpi_usual, medians of fits of each machine by itself): H hop latency, z rendezvous up from Mz, y,
//   c, C, l0, B_l, A, Mf, q
//
// A ring pays the mean of its hops, since a chunk travels them all; its bandwidth is that of the slowest.
// Messages sent at once share the sender's link, which makes a binomial broadcast of large buffers cost
// log2(n) (log2(n) + 1) / 2 transfers.
// Assumes ranks placed node by node. Range: 4 to 4096 ranks, 32 B to 512 MiB.
// Source: Thakur, Rabenseifner, Gropp 2005; Open MPI's and MPICH's algorithms; the Bine trees of De Sensi et
// al. 2025; constants fitted by `aifsim calibrate collectives`.
#pragma once
#include <vector>

#include "catalog/collective_models.hpp"
#include "records/collective_rows.hpp"

namespace aifsim {

struct StepLoad {
  double repetitions = 1;
  double bytes = 0;       // of a message
  double messages = 1;    // at once; 0: local work only
  bool exchange = false;  // with the rank that sends back
  double distance = 1;    // in ranks
  double reduced = 0, copied = 0, fresh = 0;
  bool alone = false;     // one rank per node sends
  double fresh_from = 0;  // buffer from which on memory is new; 0: the block's
};

// CannotAnswer: an algorithm that is not known for the operation.
std::vector<StepLoad> step_loads(const CollectiveQuery& query);

// The algorithm that the library takes where the table says default, as observed on the three machines.
std::string default_algorithm(const CollectiveQuery& query);

namespace mpi_usual {
inline constexpr double hop_latency = 2.6e-7, rendezvous = 1.6e-6, rendezvous_bytes = 5400,
                        exchange_share = 0.7, ramp = 1.45e-8, cache_bytes = 3.5e7, local_latency = 8e-7,
                        local_bandwidth = 9e9, fresh_base = 3e-4, fresh_bytes = 8e6, crowding = 0.23;
}  // namespace mpi_usual

Seconds step_time(const StepModel& model, const CollectiveQuery& query, double nics_per_node);
Seconds step_time(const StepModel& model, const CollectiveQuery& query, double nics_per_node,
                  const std::vector<StepLoad>& loads);

}  // namespace aifsim
