// A scenario: a question put to workloads on platforms (scenarios/*.yaml).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/hpl.hpp"
#include "catalog/platform.hpp"
#include "catalog/sweep.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

enum class Fidelity { analytical, flow, message };
const char* name_of(Fidelity fidelity);
enum class PlacementPolicy { contiguous, scattered, random, fragmented, list };

struct PlacementDescription {
  PlacementPolicy policy = PlacementPolicy::contiguous;
  std::vector<std::int64_t> nodes;  // policy list: node indices, one for each node of the job
  std::int64_t segment =
      0;  // policy contiguous: GPUs taken of each scale-up domain; 0: as the job's groups fill it
  Place place;
};

// A measured point drawn beside the predictions, with its source.
struct MeasuredPoint {
  std::string platform;
  std::string variant;
  std::int64_t gpus = 0;
  Figure<Seconds> step_time;
  Place place;
};

// One variant of the training description: a label and the keys that it overrides, already applied.
struct Variant {
  std::string label;
  TrainingDescription training;
};

// A job that does nothing but one collective, over and over.
struct CollectiveJobDescription {
  std::string kind;  // as the program names it: all_reduce
  Bytes size;        // the whole buffer
  Algorithm algorithm = Algorithm::automatic;
  Place place;
};

// Traffic that nothing waits for. uniform: every GPU to GPUs of many other nodes; permutation: to one of
// another node; hotspot: all to the GPUs of the job's first node.
enum class TrafficPattern { uniform, permutation, hotspot };
const char* name_of(TrafficPattern pattern);
struct TrafficDescription {
  double load = 0;  // of the GPU's share of its NIC, 0..1
  TrafficPattern pattern = TrafficPattern::uniform;
  Place place;
};

// A job that reads or writes files, over and over: every GPU's process its own share.
enum class StorageAccess { read, write };
struct StorageJobDescription {
  std::string tier;  // of the platform's storage, or "nvme"
  StorageAccess access = StorageAccess::read;
  Bytes bytes;          // of each process
  double files = 1;     // that they lie in
  bool shared = false;  // all processes' records in one file, as lowering/storage/storage.hpp says
  Seconds compute;      // that the GPU works on them meanwhile, from the step before
  double samples = 0;   // that they hold; 0: not counted
  Seconds host;         // of each step, beside `compute`
  double straggle = 0;  // mean time by which a process's batch is late, over `compute`; all wait for the last
  Place place;
};

// A job that computes, then holds a device of the platform, over and over; who comes first holds it first.
struct DeviceJobDescription {
  std::string name;  // of the platform's devices
  Seconds time;      // that it holds one, in each step
  Seconds compute;   // of the GPUs, before
  Place place;
};

// A job that does what a trace of a real or a simulated run tells.
struct TraceDescription {
  std::string file;    // relative to the scenario: PREFIX of PREFIX.0.et ..., or one file for all ranks
  std::string groups;  // ranks of the communicators, as ASTRA-sim takes them; "" = the trace says
  std::vector<std::int64_t> dimensions;  // sizes of the network's dimensions that involved_dim speaks of
  Place place;
};

// One of several jobs on one fabric: exactly one of workload, collective, traffic,
// storage, device, hpl and trace.
struct JobDescription {
  std::string name;
  std::string partition;  // of the platform; "" = the one that the platform's name says
  Place partition_place;
  std::int64_t gpus = 0;  // 0, of hpl: the whole machine, or what its published run took
  std::string workload;   // "" = none
  Place workload_place;
  std::optional<TrainingDescription> training;  // where the job changes its workload's
  std::optional<CollectiveJobDescription> collective;
  std::optional<TrafficDescription> traffic;
  std::optional<StorageJobDescription> storage;
  std::optional<DeviceJobDescription> device;
  std::optional<HplDescription> hpl;
  std::optional<TraceDescription> trace;
  PlacementDescription placement;  // among the nodes that the jobs before it left free
  Seconds start;
  std::int64_t steps = 1;
  bool endless = false;  // repeats until every job with an end has ended
  Place place;
};

// From `at` on a link has a share of its capacity; or a link or a switch fails, and transfers take other
// ways; or it is as it was built.
enum class EventChange { degradation, failure, repair };
struct LinkEventDescription {
  Seconds at;
  std::string link, switch_name;  // one of them
  EventChange change = EventChange::degradation;
  double capacity = 0;      // degradation: share that is left
  std::int64_t cables = 0;  // failure of a link: how many of its cables; 0 = all
  Place place, name_place;  // of the event, and of the name of its link or switch
};

// What proposals may cost, for `aifsim compare`: each gets as many GPUs as it buys.
struct BudgetDescription {
  Euros capital;  // 0: no bound
  Watts power;    // at the meter of the site, with all parts at their limits; 0: no bound
  Place place;
};

// Either platforms x variants x GPU counts, all on one workload; or `jobs` together on each platform. Each of them
// at every point of `sweep`.
struct ScenarioDescription {
  std::string name, title, question;
  Place place;
  std::vector<std::string> platforms;
  std::vector<Place> platform_places;
  std::string workload;
  Place workload_place;
  std::vector<std::int64_t> gpus;  // none where a budget says how many
  std::vector<Place> gpus_places;
  std::optional<BudgetDescription> budget;
  std::vector<Variant> variants;
  PlacementDescription placement;
  Fidelity fidelity = Fidelity::flow;
  std::uint64_t seed = 1;
  std::vector<SweepAxis> sweep;
  std::vector<MeasuredPoint> measured;
  std::vector<JobDescription> jobs;
  std::vector<LinkEventDescription> events;
  double jitter = 0;  // jobs: spread of each transfer's volume, 0..1

  // Where a platform is named; empty in a scenario that stands in no file.
  Place platform_place(std::size_t index) const;
  // The platform with the partition that a job names, and where it is asked for.
  struct PlatformOfJob {
    std::string name;
    Place place;
  };
  PlatformOfJob platform_of(std::size_t index, const JobDescription& job) const;
  // Each once: of all jobs, or the platform as it is named where there are none.
  std::vector<PlatformOfJob> platforms_of_jobs(std::size_t index) const;
  // The platforms as tables call them: names, and of paths the files' stems; as written where two would be equal.
  std::vector<std::string> platform_labels() const;
};

}  // namespace aifsim
