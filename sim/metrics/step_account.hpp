// Where a step's time goes, on average over a job's GPUs: the parts of the roles (engine/account.hpp), weighted by their
// ranks. What is left between a role's parts and the step, while other roles go on, is bubble.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/timeline.hpp"
#include "metrics/metric.hpp"

namespace aifsim {

struct StepAccount {
  Seconds step;       // 0: not known
  PartTimes parts{};  // s; their sum is the step
  double share(StepPart part) const {
    return step.value > 0 ? parts[static_cast<std::size_t>(part)] / step.value : 0;
  }
};

StepAccount step_account(const Timeline& timeline, Seconds step);

// The parts that take something, the longest first.
std::vector<std::pair<StepPart, Seconds>> longest_parts(const StepAccount& account);

// "products 61 %, bubble 14 %, tensor-parallel exchanges 9 %": the longest parts down to 3 %, four at most.
std::string in_a_line(const StepAccount& account);

}  // namespace aifsim
