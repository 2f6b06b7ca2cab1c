// A stack: the software that runs a workload (workloads/stacks/*.yaml), its choices and what it costs wherever it
// runs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

enum class LaunchStyle { none, eager, compiled, graph };

struct StackDescription {
  std::string name, title, source;
  Place place;
  std::vector<std::string> known_as;  // in tables of measured runs
  Figure<Seconds> host_per_step;      // once per optimizer step: bookkeeping, data, logging
  Figure<double> compute_slowdown;    // extra time of a kernel while a collective runs on its GPU
  LaunchStyle launch = LaunchStyle::eager;
  std::int64_t prefetch = 1;               // all-gathers issued ahead of the layer that needs them
  std::int64_t max_gathers_in_flight = 2;  // FSDP's rate limiter
  std::int64_t bucket_layers = 1;          // layers per gradient bucket (ddp, zero1, zero2)
};

}  // namespace aifsim
