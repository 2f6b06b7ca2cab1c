// The points of a result by platform, variant and job: what a curve, a group of rows or a sentence is about.
#pragma once
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

struct Sweep {
  std::string platform, title, variant;  // title: the platform's; variant: with the job
  std::vector<const Point*> answered;    // by rising GPU count
};

// In the order of the result's points; a sweep without any answered point is left out.
std::vector<Sweep> sweeps_of(const Result& result);

// What people call the point's platform: its title, or its name where it has none.
const std::string& title_of(const Point& point);

// Variant and job, as far as the point has them.
std::string label_of(const Point& point);
std::string gpus_of(const Point& point);  // "64 GPUs"
// "Leonardo Booster, full sharding"
std::string group_of(const Point& point);

// Whether the step time has one.
bool has_band(const Point& point);

// Joules for each token, of all GPU boards; 0 where power is not modelled.
Joules energy_per_token(const Point& point);

// The share of the step that communication holds up, 0..1.
double exposed_share(const Point& point);

// Of one GPU board, on average over the step; 0 where it is not modelled.
Watts gpu_power(const Point& point);

// "nic (256 links)" -> "nic": in a table the number of links takes room and says little.
std::string link_class(const std::string& link);

}  // namespace aifsim
