// The step of a job with many micro-batches at level analytical, from steps with a few of them.
//
//   t(M) = t(m) + (M - m) / P (t(m + P) - t(m))          the same for the energy
//
//   M  micro-batches of a rank     P  those after which a schedule repeats: 1, with virtual stages the stages
//   m  2 P stages or so, as many more as make M - m a multiple of P
//
// Assumption: the pipeline has settled after m, which is checked: t(m + 2 P) - t(m + P) must be the same as
// t(m + P) - t(m), and the host's launches must keep their pace; else all micro-batches are simulated. Answers of
// rollouts are generated for all M. Exact then, for programs without randomness.
#pragma once
#include "factory/training_job.hpp"

namespace aifsim {

struct FoldedStep {
  Seconds step;
  Joules energy;  // of all GPUs; 0 where power is not modelled
};

// CannotAnswer as make_training_plan gives it.
FoldedStep folded_step(const TrainingJob& job);

}  // namespace aifsim
