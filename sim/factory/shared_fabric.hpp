// Several jobs on one fabric at the same time: how much each slows down, and who slows it.
//
//   slowdown of job i = (mean step with all jobs) / (mean step alone);   by job j: (step with j only) /
//   (alone)
//
// Alone and in pairs the jobs run on the same nodes, with the same link events. Slowdowns by single
// neighbours do not multiply to the whole: two neighbours on one link slow more than each on its own.
#pragma once
#include <map>

#include "factory/training_table.hpp"

namespace aifsim {

struct SlowedBy {
  std::string job;
  double factor = 1;  // 1 = not slowed
};

struct FabricJob {
  std::string name, what;  // "all_reduce of 1GiB", "training llama-3-8b", "permutation traffic at 30 %"
  std::int64_t gpus = 0;
  std::vector<std::int64_t> nodes;
  Seconds start, end;
  bool endless = false;
  std::int64_t steps = 0;    // that ended
  Seconds step_alone, step;  // mean; 0 for traffic
  double slowdown = 1;       // traffic: what it delivered alone over what it delivered here
  std::vector<SlowedBy> by;  // jobs that slow it by more than 0.1 %, worst first
  std::string bottleneck;    // the busiest link that it shares with another job; "" where it shares none
};

// A link that several jobs use.
struct SharedLink {
  std::string name, class_name;
  BytesPerSecond capacity;                             // mean over the run, with the scenario's events
  double utilisation = 0;                              // 0..1, over the whole run
  std::vector<std::pair<std::string, double>> shares;  // by job: of the bytes that it carried
};

struct FabricRun {
  std::string platform, platform_title;
  std::string problem;  // not empty: no answer, and why
  Seconds duration;
  std::vector<FabricJob> jobs;
  std::vector<SharedLink> shared;  // the busiest of each class, busiest first
  Timeline timeline;               // tracks of all jobs, links and heat of the whole run
};

// InputError for a link or a collective that does not exist, a list of nodes that is wrong, a layout that
// does not divide. What the machine or the models cannot do is told in `problem`.
FabricRun run_on_fabric(const ScenarioDescription& scenario, const PlatformInstance& platform,
                        const Catalog& catalog);

// How long the jobs take together, without asking who slows whom. CannotAnswer as well as InputError.
Seconds duration_on_fabric(const ScenarioDescription& scenario, const PlatformInstance& platform,
                           const Catalog& catalog);

// What level message would have to simulate of it: transfers of all steps. One step of an endless job counts,
// and nothing of background traffic.
std::int64_t transfers_on_fabric(const ScenarioDescription& scenario, const PlatformInstance& platform,
                                 const Catalog& catalog);

}  // namespace aifsim
