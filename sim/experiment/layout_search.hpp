// Searches for the best layout of a training job: all of them are counted and checked against memory, simulated at
// level analytical in the order of what they take at least (factory/layout_bound.hpp) until none that is left can be
// among the best or, where it is asked for, on the Pareto front, and the best are run again at level flow, but for those
// that are behind by more than levels differ. The answer is that of simulating every one. Layouts whose memory is tight come behind
// all others.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "experiment/layout_space.hpp"
#include "factory/shared_fabric.hpp"

namespace aifsim {

enum class SearchObjective { step_time, energy, gpus };

struct LayoutSearch {
  const PlatformInstance* platform = nullptr;
  WorkloadDescription workload;  // its training with global_batch
  StackDescription stack;
  std::vector<std::int64_t> gpus;
  SearchObjective objective = SearchObjective::step_time;
  std::optional<Seconds> within = {};   // longest step
  std::vector<std::string> kept = {};   // keys of training that stay as the workload has them
  std::vector<OffloadTo> offload = {};  // where state may go of layouts that do not fit without
  std::size_t top = 10;                 // of the best, that are told
  std::size_t again = 0;                // of the best, that are run again; 0: three times as many
  Fidelity fidelity = Fidelity::flow;   // of the best
  PlacementDescription placement = {};  // of the best, too: at level analytical jobs lie side by side
  std::uint64_t seed = 1;
  std::size_t workers = 0;  // 0: one for each core
  bool front = true;        // finds the Pareto front, too
  bool exhaustive = false;  // simulates every layout that fits: to check the pruned search
};

struct FoundLayout {
  LayoutChoice choice;
  Bytes memory;             // of a GPU
  Seconds step;             // analytical
  Joules energy;            // analytical, of all GPUs; 0 where it is not modelled
  std::string problem;      // of the best: why it has no figures
  JobFigures figures = {};  // of the best, at the search's fidelity: metrics, memory, where the time goes
  std::vector<LinkHeat> links = {};  // of the best: what they carried, the busiest class first
};

struct SearchResult {
  std::int64_t global_batch = 0;
  Bytes usable;                   // of a GPU
  std::size_t layouts = 0;        // that divide job, model and batch
  std::size_t fitting = 0;        // in memory
  std::size_t simulated = 0;      // differs from run to run with several workers
  std::vector<FoundLayout> best;  // by the objective, at the search's fidelity
  std::vector<FoundLayout>
      front;  // no other has fewer GPUs, less memory and a shorter step: by GPUs and step
};

// The job with a layout that was found, whatever its workload's file says.
void take_layout(JobInputs& job, const LayoutChoice& choice);

// done of so many pieces of a phase
using SearchProgress = std::function<void(const std::string& phase, std::size_t done, std::size_t count)>;

// CannotAnswer where no layout divides the job, none fits, or none is quick enough, saying what is nearest.
SearchResult search_layouts(const LayoutSearch& search, const SearchProgress& progress = {});

}  // namespace aifsim
