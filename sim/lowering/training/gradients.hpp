// How a stack sums the gradients of replicas: in how many calls, by which collective.
//
//   calls = ceil(e p / B)
//
//   p  parameters whose gradients are summed    e  bytes of one in the format of compute    B  `bucket_size`
//
// Assumption: buckets are filled whole. A bucket is as many bytes as the backward pass makes of its gradients, in the
// format of compute, whatever they are summed in (PyTorch's DistributedDataParallel, bucket_cap_mb = 25).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "catalog/stack.hpp"
#include "lowering/training/precision.hpp"
#include "program/program.hpp"

namespace aifsim {

// Whether they are summed while the backward pass goes on.
inline bool overlaps_gradients(const StackDescription& stack, Sharding sharding) {
  const std::vector<Sharding>& after = stack.reduces_after_backward;
  return std::find(after.begin(), after.end(), sharding) == after.end();
}

inline CollectiveKind sum_of_gradients(const StackDescription& stack, Sharding sharding) {
  const bool whole =
      sharding == Sharding::ddp || (sharding == Sharding::zero1 && stack.reduces_whole_gradients);
  return whole ? CollectiveKind::all_reduce : CollectiveKind::reduce_scatter;
}

inline std::int64_t calls_for_gradients(const StackDescription& stack, const TrainingDescription& training,
                                        double parameters) {
  if (training.sharding != Sharding::ddp || !(stack.bucket_size.value > 0)) return 1;
  const double bytes = bytes_of(storage_of(training.precision)) * parameters;
  return static_cast<std::int64_t>(std::max(1.0, std::ceil(bytes / stack.bucket_size.value)));
}

}  // namespace aifsim
