// Step times of one job in many draws of what the fits leave open: the GPU's constants and each kernel's own
// miss (kernels/uncertainty.hpp), and the step's residual (log_residual_sd of the platform's calibration).
#pragma once
#include <vector>

#include "factory/training_job.hpp"

namespace aifsim {

// `count` step times, ascending; they follow from the job's seed. `step`: what the job takes undrawn, at whatever level.
//
//   t_i = a_i (t / a)
//
// t: that step; a, a_i: the step at level analytical, undrawn and in draw i. Assumption: what a level adds to the
// closed forms, such as collectives that share a link, is the same share of each draw. (tests/factory holds this
// against draws that level flow runs one by one.) The job is routed once, its kernels are priced anew for each draw.
std::vector<Seconds> drawn_step_times(const TrainingJob& job, Seconds step, std::size_t count);

// The step of one draw at a level, without the step's residual: what the above stands for.
Seconds drawn_step(const TrainingJob& job, Fidelity fidelity, std::size_t number);

}  // namespace aifsim
