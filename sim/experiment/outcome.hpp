// What a case came to: the figures of its jobs, what the reports draw of the run, or why there is no answer.
#pragma once
#include <string>
#include <vector>

#include "factory/shared_fabric.hpp"

namespace aifsim {

struct Outcome {
  std::string problem;  // not empty: no answer, and why; nothing below holds
  FabricRun run;
  Seconds wall_time;  // of the simulation
};

// Between processes and in the store, without the wall time; equal outcomes give equal bytes.
std::string to_bytes(const Outcome& outcome);
Outcome outcome_from(const std::string& bytes);

}  // namespace aifsim
