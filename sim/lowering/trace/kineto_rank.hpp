// A profiled rank's step as operations: a stream for each of the GPU's, kernels with the times that they took,
// collectives with the bytes that they moved and no time, and the host's pauses between them.
#pragma once
#include "lowering/trace/traced_rank.hpp"
#include "records/kineto_trace.hpp"

namespace aifsim {

struct KinetoRank {
  TracedRank rank;
  std::vector<Group> groups;  // that collectives' `communicator` counts in
  std::string note;           // which step this is and what was measured
};

// For a job of so many ranks, which all do the same. InputError, with the place in the trace, for collectives that
// cannot be placed; `asked_at`: where the job stands.
KinetoRank kineto_rank(const records::KinetoTrace& trace, std::int64_t ranks, const Place& asked_at);

}  // namespace aifsim
