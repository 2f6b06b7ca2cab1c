// A training job alone on its platform, as a scenario of one job runs it.
#pragma once
#include "factory/shared_fabric.hpp"

namespace aifsim {

inline FabricRun run_alone(const TrainingJob& job, Fidelity fidelity) {
  FabricInputs inputs;
  inputs.platform = job.platform;
  inputs.fidelity = fidelity;
  inputs.seed = job.seed;
  JobInputs& one = inputs.jobs.emplace_back();
  one.description.workload = "w";
  one.description.gpus = job.gpus;
  one.description.placement = job.placement;
  one.workload.model = job.model;
  one.workload.training = job.training;
  one.stack = job.stack;
  return run_on_fabric(inputs);
}

// The time of its step.
inline double step_of(const TrainingJob& job, Fidelity fidelity = Fidelity::analytical) {
  return run_training(job, fidelity).timeline.duration.value;
}

}  // namespace aifsim
