// A program, priced for its GPUs and mapped onto the links of a placed job: what both levels of fidelity run.
//
// Folding. A collective's rings and trees advance together, so a phase of it is one flow, of all groups of
// the communicator at once: it puts n_l times its unit (the bytes on its least loaded edge) on link l, n_l =
// edges that cross l, in units. Its rate is that of its slowest edge, as a ring or a tree goes at the pace of
// its slowest hop. What that loses: groups that do not wait for each other are slowed together, also where
// only one of them meets a neighbour's traffic (tests/engine/levels_test.cpp measures it against level
// message). Folding is off where a run asks for jitter: then every pair of GPUs that exchange data is a flow
// of its own.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"
#include "collectives/law.hpp"
#include "collectives/schedule.hpp"
#include "engine/pipeline.hpp"
#include "machine/topology.hpp"
#include "program/program.hpp"

namespace aifsim {

// A placed job: rank r runs on GPU r mod gpus_per_node of nodes[r / gpus_per_node].
struct Job {
  const Topology* machine = nullptr;
  const PlatformDescription* platform = nullptr;
  const GpuDescription* gpu = nullptr;
  std::vector<std::int64_t> nodes;
  std::int64_t gpus = 0;
  bool folded = true;
  Seconds launch;  // of a kernel by the host
  // Collectives take the fitted laws of an idle machine also between nodes; else `communication`, which holds
  // what neighbours cost where it was fitted to training runs.
  bool idle_fabric = false;
  std::uint64_t draw = 0;  // of the GPU's constants (kernels/uncertainty.hpp); `gpu` is drawn already
};

// Traffic per unit of a flow's volume: `units` on each link.
struct LinkUnits {
  LinkId link;
  double units;
};
struct Flow {
  std::vector<LinkUnits> links;
  double seconds_per_unit = 0;  // alone on the machine: max of units / bandwidth
};

// A pair of GPUs in an unfolded phase: a flow of one route, and how many units of the phase it carries.
struct EdgeFlow {
  std::size_t flow = 0;
  double units = 0;
};

struct PhaseCost {
  std::size_t flow = 0;         // index in Plan::flows
  std::vector<EdgeFlow> edges;  // unfolded: these instead of `flow` at level flow
  PhaseTime alone;              // on the machine
  std::int64_t nodes = 1;       // that the phase's edges span
  double bytes = 0;             // bytes of one unit
  Seconds latency;              // from here on: set_constants
  double volume = 0;            // bytes / efficiency, and more where a pipeline fills
};

// One way to run a collective.
struct CollectiveCost {
  Algorithm algorithm = Algorithm::ring;
  std::vector<PhaseCost> phases;
  std::int64_t pieces = 1;      // of its pipelined phases
  std::optional<Law> law = {};  // fitted to measured collectives; the phases are scaled to meet it
  // From here on: set_constants. Level message: latency beside that of its messages, factor of their bytes.
  Seconds extra_latency = {};
  double volume_scale = 1;
};

// What level message needs to know of a collective.
struct CollectiveRun {
  CollectiveKind kind = CollectiveKind::all_reduce;
  Communicator communicator;
  GroupShape group;
  double skew = 0;
};

enum class StepKind { compute, host, collective, record, wait };

struct PlanStep {
  StepKind kind = StepKind::compute;
  Seconds burst;             // compute: at full clock
  Seconds time;              // compute: sustained; host
  std::int64_t kernels = 0;  // compute: that the host launches
  Joules energy;             // compute: of one GPU during `burst`; 0 where its power is not modelled
  std::vector<CollectiveCost> choices;  // collective: the algorithms that may run it
  std::optional<CollectiveRun> collective;
  std::size_t lane = 0;    // of the stream: collectives of one lane follow each other
  std::size_t chosen = 0;  // index in `choices`: set_constants takes the quickest alone
  std::size_t event = 0;   // record, wait
  Bytes bytes;             // collective: the whole buffer
  std::int64_t ranks = 0;  // collective: of one group
  std::string label;

  const std::vector<PhaseCost>& phases() const {
    static const std::vector<PhaseCost> none;
    return choices.empty() ? none : choices[chosen].phases;
  }
};

struct PlanStream {
  std::string name;
  std::vector<PlanStep> steps;
};

struct PlanRole {
  std::string name;
  std::int64_t ranks = 0;
  std::vector<PlanStream> streams;
};

// Traffic that goes on until the job's neighbours have ended, as fast as its links and `at_most` allow.
struct BackgroundFlow {
  std::size_t flow = 0;  // index in Plan::flows
  BytesPerSecond at_most;
};

struct Plan {
  std::vector<PlanRole> roles;
  std::vector<Flow> flows;
  std::vector<BackgroundFlow> background;
  std::vector<std::int64_t> nodes;  // of the job, and its GPUs
  std::int64_t gpus = 0;
  CommunicationDescription communication;
  // Per message inside a node and between nodes, from fitted laws, instead of `communication`'s.
  std::optional<Seconds> inside_step, between_step;
  std::size_t events = 0;
  double compute_slowdown = 0;  // a kernel takes (1 + this) times as long while a collective runs on its GPU
};

// Throws CannotAnswer when the GPU model lacks a figure that a kernel needs.
Plan make_plan(const Program& program, const Job& job);

// Puts fitted constants under a plan and chooses each collective's algorithm by its time alone on the
// machine.
void set_constants(Plan& plan, const CommunicationDescription& communication,
                   const SoftwareDescription& software);

}  // namespace aifsim
