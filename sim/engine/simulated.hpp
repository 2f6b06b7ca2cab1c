// Running programs in SimGrid, with collectives moved in one way or another: what the levels flow and message
// share.
#pragma once
#include <functional>
#include <memory>
#include <span>

#include "engine/engine.hpp"
#include "machine/world.hpp"

namespace aifsim {

JobsTimeline run_jobs_flow(std::span<const JobRun> jobs, const Topology& machine, const RunOptions& options);
JobsTimeline run_jobs_message(std::span<const JobRun> jobs, const Topology& machine,
                              const RunOptions& options);

// How a level moves data.
class Mover {
 public:
  virtual ~Mover() = default;
  // Called by an actor: returns when the collective has ended on all ranks of all groups.
  virtual void collective(std::size_t job, const PlanStep& step) = 0;
  // Traffic in the background of a job, until stop(): returns the bytes that each of its flows delivered.
  virtual void start_background(std::size_t job) = 0;
  virtual std::vector<Bytes> stop_background(std::size_t job) = 0;
};

// Runs every job's streams as actors of `world`, one per stream of each role.
JobsTimeline run_streams(SimWorld& world, std::span<const JobRun> jobs, Mover& mover);

}  // namespace aifsim
