#include "lowering/training/optimizer_state.hpp"

#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

double compute_bytes(const TrainingDescription& t) { return bytes_of(storage_of(t.precision)); }

double moment_bytes(const TrainingDescription& t) {
  switch (t.optimizer_moments) {
    case MomentsFormat::fp32:
      return 4;
    case MomentsFormat::bf16:
    case MomentsFormat::fp16:
      return 2;
    case MomentsFormat::fp8:
    case MomentsFormat::int8:
      break;
  }
  return 1;
}

// Those that a second average is held of.
double twice_averaged(const TrainingDescription& t, const Updated& p) {
  switch (t.optimizer) {
    case OptimizerKind::adamw:
      return p.all;
    case OptimizerKind::muon:
      return p.all - p.matrices;
    case OptimizerKind::sgd:
      break;
  }
  return 0;
}

}  // namespace

double moments_bytes(const TrainingDescription& t, const Updated& p) {
  return moment_bytes(t) * (p.all + twice_averaged(t, p));
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
                                   const Updated& p) {
  const double m = moment_bytes(t), w = weight_bytes(t);
  const double matrices = t.optimizer == OptimizerKind::muon ? p.matrices : 0;
  const bool adam = t.optimizer != OptimizerKind::sgd;
  double bytes = 0;
  if (stack.optimizer_kernels == OptimizerKernels::fused)
    bytes = 4 + 4 + 2 * w + 2 * m * (adam ? 2 : 1) + (master_bytes(t, stack) == 4 ? compute_bytes(t) : 0);
  else if (adam)
    bytes = 12 + 2 * w + (4 + 2 * m) + (4 + 4 * m) + (4 + m) + 8 + 8 + (4 + 2 * w + m);
  else
    bytes = 12 + (4 + 4 * m) + (2 * w + m);
  const double of_matrix = 12 + (4 + 2 * m) + (8 + m) + 6 + 6 + 2 * w + (2 + 2 * w);
  return {stream(StreamKind::optimizer, bytes * (p.all - matrices) + of_matrix * matrices)};
}

}  // namespace aifsim
