// Jobs on one fabric at the same time, or one alone: what each takes, how much the others slow it, and who.
//
//   slowdown of job i = (mean step with all jobs) / (mean step alone);   by job j: (step with j only) /
//   (alone)
//
// Alone and in pairs the jobs run on the same nodes, with the same link events. Slowdowns by single
// neighbours do not multiply to the whole: two neighbours on one link slow more than each on its own.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "factory/job_kind.hpp"
#include "metrics/links.hpp"
#include "metrics/site_total.hpp"

namespace aifsim {

struct FabricInputs {
  const PlatformInstance* platform = nullptr;  // of jobs that name no partition of their own
  std::vector<JobInputs> jobs;
  std::vector<LinkEventDescription> events;
  double jitter = 0;
  std::uint64_t seed = 1;
  Fidelity fidelity = Fidelity::flow;
};

struct SlowedBy {
  std::string job;
  double factor = 1;  // 1 = not slowed
};

// A job's step, had all jobs been placed by another policy.
struct PlacementTime {
  PlacementPolicy policy = PlacementPolicy::contiguous;
  Seconds step_time;
};
// The same on the same nodes, had the fabric drawn otherwise which transfers meet on a link.
struct HashTime {
  std::int64_t hash = 0;  // fabric.hash
  Seconds step_time;
};

struct FabricJob {
  std::string name, what;  // "all_reduce of 1GiB", "training llama-3-8b", "permutation traffic at 30 %"
  std::int64_t gpus = 0;
  std::vector<std::int64_t> nodes;
  Seconds start, end;
  bool endless = false;
  std::int64_t steps = 0;    // that ended
  Seconds step_alone;        // mean; for traffic the time of a byte; 0 where the job is the only one
  double slowdown = 1;       // traffic: what it delivered alone over what it delivered here
  std::vector<SlowedBy> by;  // jobs that slow it by more than 0.1 %, worst first
  std::string bottleneck;    // the busiest link that it shares with another job; "" where it shares none
  JobFigures figures;
  std::vector<PlacementTime> other_placements;  // where they may differ (placement_effect.hpp)
  std::vector<HashTime> other_hashes;           // of fabrics that hash; the same
};

struct FabricRun {
  Seconds duration;
  std::vector<FabricJob> jobs;
  std::vector<SharedLink> shared;
  std::vector<SiteTotal> sites;  // of all jobs
  Timeline timeline;             // tracks of all jobs, links and heat of the whole run
};

// How long a job draws power: until its last step has ended, or the run where it has no end.
Seconds time_of(const FabricJob& job, Seconds duration);

// InputError for a link or a collective that does not exist, a list of nodes that is wrong, a layout that
// does not divide; CannotAnswer for what the machine or the models cannot do.
FabricRun run_on_fabric(const FabricInputs& inputs);

// How long the jobs take together, without asking who slows whom.
Seconds duration_on_fabric(const FabricInputs& inputs);

// Mean step of each job, all together; 0 of traffic and of jobs of which no step ended.
std::vector<Seconds> steps_on_fabric(const FabricInputs& inputs);

// The plan of one of the jobs, placed among the others.
void with_plan(const FabricInputs& inputs, std::size_t job, const std::function<void(const Plan&)>& use);

// What level message would have to simulate of it: transfers of all steps. One step of an endless job counts,
// and nothing of background traffic.
std::int64_t transfers_on_fabric(const FabricInputs& inputs);

}  // namespace aifsim
