// Running programs in SimGrid, with collectives moved in one way or another: what the levels flow and message
// share.
#pragma once
#include <functional>
#include <memory>
#include <span>

#include "engine/engine.hpp"
#include "machine/simgrid/world.hpp"

namespace aifsim {

JobsTimeline run_jobs_flow(std::span<const JobRun> jobs, const Topology& machine, const RunOptions& options);
JobsTimeline run_jobs_message(std::span<const JobRun> jobs, const Topology& machine,
                              const RunOptions& options);

// One call of a collective: index in Plan::collectives, the same in the plans of its program on other machines, and
// the meeting, whose calls follow each other.
struct Call {
  std::size_t job = 0, collective = 0, meeting = 0;
};

// The plan that holds after so many reroutings, which throws CannotAnswer where there is none.
const Plan& plan_after(const JobRun& job, std::size_t reroutings);

// How a level moves data.
class Transport {
 public:
  virtual ~Transport() = default;
  // Called by an actor: returns when the collective has ended on all ranks of all groups.
  virtual void collective(const Call& call) = 0;
  // Traffic in the background of a job, until stop().
  virtual void start_background(std::size_t job) = 0;
  virtual void stop_background(std::size_t job) = 0;

  // What a job moved over the routes that held after 0, 1 ... reroutings.
  struct Moved {
    double bytes = 0;              // of its collectives
    std::vector<Bytes> delivered;  // of its background, by flow
  };
  const std::vector<Moved>& moved(std::size_t job) const { return moved_[job]; }

 protected:
  Transport(std::span<const JobRun> jobs, const RunOptions& options);
  std::span<const JobRun> jobs_;
  const RunOptions& options_;
  std::size_t epoch_ = 0;  // reroutings that have happened
  std::vector<std::vector<Moved>> moved_;
};

// Runs every job's streams as actors of `world`, one per stream of each role.
JobsTimeline run_streams(SimWorld& world, std::span<const JobRun> jobs, Transport& transport,
                         const RunOptions& options);

}  // namespace aifsim
