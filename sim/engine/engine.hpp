// Runs plans of placed jobs at one of the levels of fidelity; all answer with the same timelines.
//   analytical  closed forms: a collective takes its latency plus its volume at the speed that it has alone, less where
//               the same rank's other streams use its links; jobs do not see each other
//   flow        the collectives of all jobs share the links in SimGrid's max-min solver
//   message     every step of every collective is a transfer of its own (message.cpp)
// At every level a kernel runs 1/(1 + compute_slowdown) as fast while a collective runs on its GPU.
#pragma once
#include <span>

#include "catalog/scenario.hpp"
#include "engine/listener.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

// A job's program, planned anew on a machine that has lost links; without a plan: why there is none.
struct Rerouted {
  const Plan* plan = nullptr;
  std::string problem;
};

// A job on the machine: its program `steps` times from `start` on; 0 steps: again and again until every other
// job has ended.
struct JobRun {
  const Plan* plan = nullptr;
  std::string name;
  Seconds start;
  std::int64_t steps = 1;
  std::vector<Rerouted> rerouted = {};  // one for each of RunOptions::reroutings
};

// From `at` on the link has `factor` (above 0) of its capacity.
struct LinkChange {
  Seconds at;
  LinkId link = 0;
  double factor = 1;
};

// From `at` on transfers take the routes of `machine`: the one that the run began with, but for links that
// are down. Those under way whose route differs go on over the new one with what has not arrived. A job that
// communicates then and has no plan for it ends the run with CannotAnswer.
struct Rerouting {
  Seconds at;
  const Topology* machine = nullptr;
};

// Every transfer of an unfolded plan carries 1 - spread to 1 + spread times its bytes, drawn anew each time.
struct Jitter {
  double spread = 0;
  std::uint64_t seed = 1;
};

struct RunOptions {
  std::vector<LinkChange> changes;
  std::vector<Rerouting> reroutings;  // in order of time; level analytical knows neither these nor changes
  Jitter jitter;
  bool leaps = true;  // periods of repeated work are left out where that changes nothing (steady.hpp)
};

struct JobsTimeline {
  Seconds duration;                             // when the last job with an end has ended
  std::vector<Timeline> jobs;                   // in order; `duration` from the job's start to its end
  std::vector<std::vector<LinkUnits>> carried;  // by job: bytes on each link
};
JobsTimeline run_jobs(std::span<const JobRun> jobs, const Topology& machine, Fidelity fidelity,
                      const RunOptions& options = {});

// One job alone, once, with what the links carried.
Timeline run_analytical(const Plan& plan, const Topology& machine);
Timeline run_flow(const Plan& plan, const Topology& machine);
Timeline run(const Plan& plan, const Topology& machine, Fidelity fidelity);

// Transfers that one run of the plan takes at level message: about 100,000 a second.
std::int64_t transfers_of(const Plan& plan);

// The duration alone, at the analytical level, for fits and searches.
Seconds analytical_duration(const Plan& plan, Listener* listener = nullptr, bool leaps = true);

// What a job's collectives put on each link: `steps` runs of its program, and `background` bytes of each
// background flow.
std::vector<LinkUnits> carried_by(const Plan& plan, double steps, std::span<const Bytes> background = {});

// The use of links by several jobs together over `duration`.
void add_link_use(Timeline& timeline, std::span<const std::vector<LinkUnits>> carried,
                  const Topology& machine, Seconds duration);

}  // namespace aifsim
