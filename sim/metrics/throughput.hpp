// What a step of training delivers.
//
//   tokens/s = S s / t     MFU = F S / (t P n)
//
// S sequences of s tokens in a step of t seconds; F model FLOPs of one sequence, without recomputation
// (Chowdhery et al. 2022, appendix B); P dense peak of a GPU in the precision that the job computes in; n GPUs.
#pragma once
#include <cstdint>

#include "metrics/metric.hpp"

namespace aifsim {

struct TrainedWork {
  double sequences = 0;        // of a step
  double sequence = 0;         // tokens
  Flops flops_of_sequence;     // of the model
  FlopsPerSecond peak_of_gpu;  // 0: not known
  std::int64_t gpus = 0;
};
void add_throughput(Metrics& metrics, const TrainedWork& work);

// Of a step that generates so many tokens.
void add_generation(Metrics& metrics, double tokens);

// Of a collective over a buffer: algbw = V / t, busbw = algbw x factor.
void add_bandwidth(Metrics& metrics, Bytes buffer, double bus_factor);

}  // namespace aifsim
