// Which kernels of a traced step wait for which others. A GPU's trace tells when kernels ran, not why: what it waits
// for is what the host's calls say, as far as the measured times bear it out.
//
//   told         where the profiler recorded synchronisation (enable_cuda_sync_events), exactly that
//   collective   waits for the last kernel that was launched before it, of those that had ended when it began:
//                PyTorch makes NCCL's stream wait for the current stream at each call
//   either       that begins within 20 us of another stream's end, while its own was idle: for that
//   kernel       whose thread made streams wait just before, for more than that: for what had ended on the others
//
// Nothing waits for what had not ended when it began, so replaying the trace with its own times keeps them.
#pragma once
#include <cstdint>
#include <vector>

#include "records/kineto_trace.hpp"

namespace aifsim {

struct KinetoOrder {
  std::vector<std::vector<std::uint32_t>> waits;  // of each kernel: those before it, on other streams
  // When its stream is done with it, and how long that takes beside those before it (kernels may overlap).
  std::vector<double> ends, takes;
};

KinetoOrder order_of(const records::KinetoTrace& trace);

}  // namespace aifsim
