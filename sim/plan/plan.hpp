// A program, priced for its GPUs and mapped onto the links of a placed job: what all levels of fidelity run.
//
// Folding. A collective's rings and trees advance together, so a phase of it is one flow, of all groups that
// call it at once: it puts n_l times its unit (the bytes on its least loaded edge) on link l, n_l = edges that
// cross l, in units. Its rate is that of its slowest edge, as a ring or a tree goes at the pace of its slowest
// hop. What that loses: groups that do not wait for each other are slowed together, also where only one of them
// meets a neighbour's traffic (tests/engine/levels_test.cpp measures it against level message). Folding is off
// where a run asks for jitter: then every pair of GPUs that exchange data is a flow of its own.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"
#include "collectives/price.hpp"
#include "machine/topology.hpp"
#include "plan/router.hpp"
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
  bool checked = false;         // the program is known to be well formed
  Seconds launch;               // of a kernel by the host
  Seconds graph_launch;         // the same of one in a CUDA graph
  double compute_slowdown = 0;  // a kernel takes (1 + this) times as long while a collective runs on its GPU
  double slowest = 1;           // time of the slowest rank's kernels over that of one at its usual pace
  bool busy = false;  // collectives also pay what neighbours on the fabric cost (communication.neighbours)
  std::uint64_t draw = 0;  // of the GPU's constants (kernels/uncertainty.hpp); `gpu` is drawn already
  // Of the same machine, nodes and folding, from an earlier plan: what it has routed is not routed again.
  std::shared_ptr<Router> router = {};
};

struct PhaseCost {
  const RoutedPhase* routed = nullptr;
  double bytes = 0;  // of one unit
  // From here on: set_constants.
  Seconds latency;
  double volume = 0;  // bytes / share of the links' rate
};

// One way to run a collective.
struct CollectiveCost {
  const RoutedCollective* routed = nullptr;
  std::vector<PhaseCost> phases;
  CollectivePrice price;  // set_constants
  Algorithm algorithm() const { return routed->algorithm; }
};

// What a role's ranks read or write together, each `PlannedCollective::bytes`.
struct StorageCall {
  std::string tier;
  bool write = false;
  Seconds
      once;  // a request's latency, the time in which all their files are opened or created, and shared_delay
};

// A collective of so many bytes on the groups of a role, or a send: a broadcast in pairs; or what goes between a
// role's ranks and storage.
struct PlannedCollective {
  CollectiveKind kind = CollectiveKind::all_reduce;
  const RoutedGroup* group = nullptr;
  Bytes bytes;  // the whole buffer
  TokenSpread tokens = {};
  std::vector<CollectiveCost> choices;  // the algorithms that may run it
  std::size_t chosen = 0;               // set_constants takes the quickest alone
  std::optional<StorageCall> storage = {};
  double share = 1;  // of it that one run of the program pays
  const std::vector<PhaseCost>& phases() const { return choices[chosen].phases; }
};

// What a kernel is, for the account of a step.
enum class KernelClass { product, attention, experts, elementwise, optimizer, copy };
constexpr std::size_t kernel_classes = 6;

// repeat ... again: the steps between run `times` times.
enum class StepKind { compute, host, collective, record, wait, repeat, again };

struct PlanStep {
  StepKind kind = StepKind::compute;
  Seconds burst;                                   // compute: at full clock
  bool timed = false;                              // compute: `burst` was measured, so it is `time`
  std::array<Seconds, kernel_classes> by_class{};  // the same by KernelClass
  Seconds time;                                    // compute: sustained, of the slowest rank; host
  std::int64_t kernels = 0;                        // compute: that the host launches one by one
  Seconds host;                                    // compute: that it takes besides
  Joules energy;               // compute: of one GPU during `burst`; 0 where its power is not modelled
  std::size_t collective = 0;  // index in Plan::collectives
  std::size_t meeting = 0;     // collective: index in Plan::meetings
  std::size_t party = 0;       // collective: which of the meeting's
  bool pair = false;           // collective: a send, or (party 1) its receive
  std::size_t device = 0;      // host: held meanwhile, 1 + its index in Plan::devices; 0: none
  bool storage = false;        // collective: a read or a write, which slows no kernel
  std::size_t event = 0;       // record, wait
  std::size_t other = 0;       // repeat: its `again`; again: its `repeat`
  std::int64_t times = 0;      // repeat
  StepPhase phase = StepPhase::training;
  StepLabel label;
};

struct PlanStream {
  std::string name;
  std::vector<PlanStep> steps;
};

struct PlanRole {
  std::string name;
  std::int64_t ranks = 0;
  std::vector<PlanStream> streams;
  RankLattice members = {};
};

// Where roles meet: the k-th call of each party is one collective. One party needs no meeting.
struct Meeting {
  std::size_t parties = 1;
};

// Traffic that goes on until the job's neighbours have ended, as fast as its links and `at_most` allow.
struct BackgroundFlow {
  const Flow* flow = nullptr;
  BytesPerSecond at_most;
};

// Devices of the platform that a job holds one of at a time; jobs on one machine wait for those of one name together.
struct PlannedDevice {
  std::string name;
  std::int64_t count = 1;
};

struct Plan {
  std::vector<PlanRole> roles;
  std::vector<PlannedCollective> collectives;
  std::vector<Meeting> meetings;
  std::vector<PlannedDevice> devices;
  std::vector<BackgroundFlow> background;
  std::vector<std::int64_t> nodes;  // of the job, and its GPUs
  std::int64_t gpus = 0;
  CommunicationDescription communication;
  bool busy = false;  // as Job's
  std::size_t events = 0;
  double compute_slowdown = 0;  // a kernel takes (1 + this) times as long while a collective runs on its GPU
  double slowest = 1;           // as Job's: part of each kernel's `time`, in which the others wait
  std::shared_ptr<Router> router;  // holds the flows and routes
};

// The job's, or a new one.
std::shared_ptr<Router> router_of(const Job& job);
Seconds time_alone(const CollectiveCost& collective);  // on the machine

// Throws CannotAnswer when the GPU model lacks a figure that a kernel needs; logic_error for a program of several
// roles that is not well formed.
Plan make_plan(const Program& program, const Job& job);

// Puts fitted constants under a plan and chooses each collective's algorithm by its time alone on the
// machine.
void set_constants(Plan& plan, const CommunicationDescription& communication, double sustained_clock,
                   double compute_slowdown);

// Collectives of one run of the plan (index in Plan::collectives) and how often each is called, in the order in which
// they first stand in it. A send counts once, with its sender; a collective of several roles once.
std::vector<std::pair<std::size_t, double>> calls_of(const Plan& plan);

// Calls visit(step, times) for each step of a stream that takes time: how often it runs in all.
template <class Visit>
void for_each_step(const PlanStream& stream, Visit visit) {
  std::vector<std::int64_t> times{1};
  for (const PlanStep& step : stream.steps) {
    if (step.kind == StepKind::repeat)
      times.push_back(times.back() * step.times);
    else if (step.kind == StepKind::again)
      times.pop_back();
    else if (step.kind != StepKind::record && step.kind != StepKind::wait)
      visit(step, times.back());
  }
}

}  // namespace aifsim
