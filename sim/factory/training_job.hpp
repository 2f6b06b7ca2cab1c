// One training job placed on a platform: memory, simulation, and what it means in figures.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "catalog/catalog.hpp"
#include "engine/engine.hpp"
#include "machine/placement.hpp"
#include "plan/router_cache.hpp"
#include "program/memory.hpp"

namespace aifsim {

// A platform made ready to run jobs: its description, its GPU model, its links.
struct PlatformInstance {
  PlatformDescription description;
  GpuDescription gpu;
  Topology topology;
  mutable RouterCache routers = {};  // of jobs on `topology`

  PlatformInstance(PlatformDescription description, GpuDescription gpu);
};

struct TrainingJob {
  const PlatformInstance* platform = nullptr;
  ModelDescription model;
  TrainingDescription training;
  StackDescription stack;
  std::int64_t gpus = 0;
  PlacementDescription placement;
  std::uint64_t seed = 1;
  bool beyond_memory = false;  // planned also where it does not fit: runs that were measured
  bool checked = false;        // its program is known to be well formed
  std::uint64_t draw = 0;      // of the GPU's constants: 0 the GPU itself
};

// Above 95 % of usable: fragments may make the allocator stall the step, so others are chosen first.
bool is_tight(Bytes use, Bytes usable);

// Memory per GPU against what a framework can allocate. Throws DoesNotFit, showing the sum, when it does
// not fit; so does make_training_plan.
struct MemoryCheck {
  MemoryAccount use;  // of the role that needs most
  Bytes usable;
  struct OfRole {
    std::string name;
    MemoryAccount use;
  };
  std::vector<OfRole> roles;  // of a pipeline its stages
  bool fits() const { return use.total() <= usable; }
  bool tight() const { return is_tight(use.total(), usable); }
};
class DoesNotFit : public CannotAnswer {
 public:
  using CannotAnswer::CannotAnswer;
};
MemoryCheck memory_of(const TrainingJob& job, const Program& program);  // the same, whether it fits or not
MemoryCheck check_memory(const TrainingJob& job, const Program& program);
MemoryCheck check_memory(const TrainingJob& job);

// Rollouts that do not say how many answers an engine generates at once: as many as fit in 90 %.
TrainingDescription with_answers_that_fit(const TrainingJob& job);

// What the job does, as a program. Throws CannotAnswer when its layout does not divide it.
Program program_of(const TrainingJob& job);

// Throws CannotAnswer, saying why, when the models do not cover the job: a precision that the GPU does not compute
// in (with its place, and what would do), a shard group that neither divides a node's GPUs nor fills whole nodes, or more operations than can be
// simulated.
void check_expressible(const TrainingJob& job);

// Consecutive GPUs that are whole groups of tensor, context and expert parallelism.
std::int64_t group_unit(const TrainingDescription& training);
// Where it goes, with its groups kept in scale-up domains.
PlacementDescription placement_of(const TrainingJob& job);

// Lowers and plans the job. Throws CannotAnswer when the job is not expressible, larger than the platform, not
// divided by its layout, or does not fit in memory.
Plan make_training_plan(const TrainingJob& job);
// The same on nodes that are already chosen, of the job's platform or that machine with links down; unfolded
// for runs with jitter.
Plan make_training_plan(const TrainingJob& job, std::vector<std::int64_t> nodes, const Topology& machine,
                        bool folded);
// Plans and runs the job alone.
struct TrainingRun {
  Plan plan;
  Timeline timeline;
};
TrainingRun run_training(const TrainingJob& job, Fidelity fidelity);

// The global batch. Throws CannotAnswer where the layout does not divide the job.
double sequences_per_step(const TrainingJob& job);

// Standard deviation of log(real / predicted step): of rows left out of the fit, by kind of job; beyond the measured
// jobs it widens with each doubling, as nothing says how the trend goes on.
double step_residual(const TrainingJob& job);
// With what products may miss on a GPU whose constants were carried over, where no steps of the machine were measured.
double step_spread(const TrainingJob& job);

}  // namespace aifsim
