#include "lowering/training/optimizer_state.hpp"

#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

double compute_bytes(const TrainingDescription& t) { return bytes_of(storage_of(t.precision)); }

bool adamw(const TrainingDescription& t) { return t.optimizer == OptimizerKind::adamw; }

}  // namespace

double moments_bytes(const TrainingDescription& t) {
  return (adamw(t) ? 2 : 1) * bytes_of(t.optimizer_moments);
}

double master_bytes(const TrainingDescription& t, const StackDescription& stack) {
  if (compute_bytes(t) >= 4) return 0;
  switch (t.master_weights) {
    case MasterWeights::fp32:
      return 4;
    case MasterWeights::remainder:
      return narrow_weights(t, stack) ? 4 : 2;
    case MasterWeights::none:
      break;
  }
  return 0;
}

double weight_bytes(const TrainingDescription& t) {
  return t.master_weights == MasterWeights::none ? compute_bytes(t) : 4;
}

std::vector<Kernel> optimizer_step(const TrainingDescription& t, const StackDescription& stack,
                                   double parameters) {
  const double m = bytes_of(t.optimizer_moments), w = weight_bytes(t);
  double bytes = 0;
  if (stack.optimizer_kernels == OptimizerKernels::fused) {
    bytes = 4 + 4 + 2 * w + 2 * moments_bytes(t) + (master_bytes(t, stack) == 4 ? compute_bytes(t) : 0);
  } else if (adamw(t)) {
    bytes = 12 + 2 * w + (4 + 2 * m) + (4 + 4 * m) + (4 + m) + 8 + 8 + (4 + 2 * w + m);
  } else {
    bytes = 12 + (4 + 4 * m) + (2 * w + m);
  }
  return {stream(StreamKind::optimizer, bytes * parameters)};
}

}  // namespace aifsim
