// What a job may do: a kind is a word, the fields that catalog/scenario.hpp gives it, a plan, and the figures
// that it has. A new kind is one file here and one line of the table in job_kind.cpp.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "factory/training_job.hpp"
#include "metrics/energy_account.hpp"
#include "metrics/facility.hpp"
#include "metrics/metric.hpp"
#include "metrics/step_account.hpp"

namespace aifsim {

// A job with all that it names.
struct JobInputs {
  JobDescription description;                              // without a name where it is the only one
  WorkloadDescription workload;                            // of a training job
  StackDescription stack;                                  // that runs it
  std::shared_ptr<const Program> program = {};             // of a trace
  std::string trace_note = {};                             // what it is, for people
  std::shared_ptr<const PlatformInstance> partition = {};  // that it runs on; none: that of all jobs
};

// A job on its nodes of a platform.
struct PlacedJob {
  const PlatformInstance* platform = nullptr;
  const JobInputs* inputs = nullptr;
  std::vector<std::int64_t> nodes;
  std::uint64_t seed = 1;    // of the scenario
  std::uint64_t number = 0;  // of the job among the others
};

struct JobFigures {
  Metrics metrics;
  MemoryUse memory;                      // of one GPU; no capacity where it is not modelled
  std::string note;                      // what a reader should know before trusting them, or ""
  StepAccount account = {};              // of a training job: where a step's time goes
  EnergyAccount energy = {};             // of a step, up to the site's meter; empty where it is not known
  std::vector<StageMemory> stages = {};  // of a pipeline; `memory` is that of the one that needs most
};

struct JobKind {
  const char* word;
  bool (*is)(const JobDescription& job);
  std::string (*what)(const JobInputs& job);  // for people: "all_reduce of 1GiB"
  // On the platform's machine, or that machine with links down; unfolded for runs with jitter.
  Plan (*plan)(const PlacedJob& job, const Topology& machine, bool folded);
  // Adds to the step time and its parts what else the kind has.
  void (*measure)(const PlacedJob& job, const Plan& plan, JobFigures& figures);
  // InputError for what the table of fields cannot know; may be null.
  void (*check)(const JobDescription& job) = nullptr;
  // How many runs of its program a step is, where that is a sample of what the job does; null: one.
  double (*stands_for)(const PlacedJob& job) = nullptr;
};

// Of any kind. In each partition that it spans; with step time in the metrics, how the boards' energy is spread.
NodesOfJob nodes_of_job(const PlacedJob& job, const Plan& plan, const Metrics& metrics);
Job on_its_nodes(const PlacedJob& job, const Topology& machine, bool folded);
// Of a training job: the same as the functions of training_job.hpp take it.
TrainingJob training_job(const PlacedJob& job);

const JobKind& kind_of(const JobDescription& job);

extern const JobKind training_kind, collective_kind, traffic_kind, storage_kind, shared_device_kind, hpl_kind,
    trace_kind;

}  // namespace aifsim
