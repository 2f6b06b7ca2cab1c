// Where the time of a step goes.
//
//   compute = |C|     communication = |X|     exposed = |X| - |X and C|
//
// C, X: the union of the times in which a role's streams compute, or communicate (engine/account.hpp). The largest over
// the roles, on average over the steps that ran. Of steps with rollouts also their phases, whose sum is the step.
#pragma once
#include <string>

#include "engine/timeline.hpp"
#include "metrics/metric.hpp"

namespace aifsim {

// Mean time of a job's steps from its start to the end of the last; 0 where none has ended.
Seconds mean_step(const Timeline& timeline, Seconds start);

// Fills step_time and the parts above; nothing where no step has ended.
void add_step_times(Metrics& metrics, const Timeline& timeline, Seconds start);

// "generation 61 %, scoring 14 %, training 25 %"; "" of steps without rollouts.
std::string phases_in_a_line(const Metrics& metrics);

// 80 % band of the step time, and of what follows from it, for a log-normal error of this standard deviation.
void add_band(Metrics& metrics, double log_sd);
// The same from drawn step times.
void add_band(Metrics& metrics, Seconds p10, Seconds p50, Seconds p90);

}  // namespace aifsim
