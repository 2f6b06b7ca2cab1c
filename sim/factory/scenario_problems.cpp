#include "factory/scenario_problems.hpp"

#include <fmt/format.h>

#include <set>

#include "factory/job_kind.hpp"

namespace aifsim {

std::vector<Problem> problems_of_jobs(const ScenarioDescription& scenario) {
  std::vector<Problem> problems;
  std::set<std::int64_t> taken;  // by placements that list their nodes
  for (const JobDescription& job : scenario.jobs) {
    try {
      if (const auto check = kind_of(job).check) check(job);
    } catch (const InputError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
    for (const std::int64_t node : job.placement.nodes) {
      if (taken.insert(node).second) continue;
      problems.push_back({job.placement.place,
                          fmt::format("placement.nodes: node {} is taken; each can be used once", node)});
      break;
    }
  }
  return problems;
}

}  // namespace aifsim
