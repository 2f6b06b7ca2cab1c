// Proposals side by side: the cases of a scenario, each with the best layout that a search finds, at equal work.
//
// A proposal is a platform, a variant, a point of the sweep and a GPU count; of a scenario with a budget, the GPU count
// up to what it buys that is soonest. Layout keys
// of `training` that the scenario itself gives stay; all others are searched, and the workload's own layout counts
// for nothing. Proposals with the same model, tokens, global batch and sequence do the same work and are compared; others
// stand apart.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiment/budget.hpp"
#include "experiment/experiment.hpp"
#include "experiment/influence.hpp"
#include "experiment/layout_search.hpp"
#include "plan/group_traffic.hpp"

namespace aifsim {

// What a proposal is asked to do.
struct ProposalWork {
  std::string workload, title;  // of the model
  bool samples = false;         // counts samples, not tokens
  double tokens = 0;            // of the whole run
  std::int64_t global_batch = 0, sequence = 0;
  bool operator==(const ProposalWork&) const = default;
};

struct Proposal {
  Case at;
  std::string title;  // "Mimer AI factory, policy random": what tells it from the others
  std::size_t work = 0;
  std::string platform, workload;  // as a scenario in another folder may name them
  std::vector<std::pair<std::string, std::string>>
      training;                     // keys that the scenario gives, no layout among them
  std::vector<std::string> kept;    // layout keys that it gives
  std::vector<std::int64_t> sizes;  // GPU counts that were searched
  std::optional<Purchase> bought;   // where the scenario has a budget
  std::string problem;              // not empty: no answer, and why; nothing below holds
  std::size_t layouts = 0, fitting = 0;
  Bytes usable;  // of a GPU
  FoundLayout best;
  GroupTraffic traffic;  // of one step of it
};

// What proposals stand on, as its files have it.
struct ComparedMachine {
  std::string label;  // of the platform
  std::vector<PlatformDescription> partitions;
  GpuDescription gpu;                  // of the proposals
  PlatformDescription platform;        // the partition of the proposals
  bool narrow = false;                 // products of fewer than 16 bits
  std::vector<std::size_t> proposals;  // by index
};

struct ProposalComparison {
  std::string scenario, title, question, version, fidelity;
  std::string command;  // that makes it again
  std::optional<BudgetDescription> budget;
  std::uint64_t seed = 1;
  std::vector<ProposalWork> works;
  std::vector<Proposal> proposals;  // in the order of the scenario
  std::vector<ComparedMachine> machines;
  std::vector<InputFigure> inputs;
  InfluenceStudy influence;
};

// Indices of the proposals of one work: those with an answer by the time of the whole run, then the others.
std::vector<std::size_t> ranked(const ProposalComparison& comparison, std::size_t work);
// Whether their 80 % bands of a metric meet.
bool bands_meet(const Proposal& a, const Proposal& b, Metric metric = Metric::run_time);

// parts of `of` are done
using CompareProgress = std::function<void(std::size_t done, std::size_t of, const std::string& name)>;

// Searches what the store lacks. InputError for what the scenario gets wrong; Interrupted when a signal came, with every
// proposal that had been searched in the store.
ProposalComparison compare(const Experiment& experiment, Store& store, const CompareProgress& progress);
// Adds which guess decides (influence.hpp).
void add_influence(ProposalComparison& comparison, const Experiment& experiment, Store& store,
                   const CompareProgress& progress);

}  // namespace aifsim
