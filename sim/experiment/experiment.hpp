// Answers a scenario: its cases, run in worker processes or taken from the store, and the result that they make.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include "experiment/case.hpp"
#include "experiment/result.hpp"
#include "experiment/store.hpp"
#include "experiment/tasks.hpp"
#include "experiment/workers.hpp"

namespace aifsim {

struct Experiment {
  const Catalog& catalog;
  std::filesystem::path scenario_file;
  Settings settings;  // instead of the scenario's
  CaseOptions options;
  std::size_t workers = 0;  // 0: one for each core
  std::string version;
};

struct CasesDone {
  std::size_t ended = 0, to_run = 0;  // by this run
  std::size_t kept = 0;               // were in the store
};
// Before the first case and after each; with the name of the one that has ended.
using CaseProgress = std::function<void(const CasesDone& done, const std::string& name)>;

// Runs what the store lacks, when it has taken what tasks have left below its folder. Cases without an answer are points
// that say why. InputError for what the scenario itself gets wrong; Interrupted when a signal came, CannotAnswer when
// there is no room, each with every case that had ended in the store.
Result answer(const Experiment& experiment, Store& store, const CaseProgress& progress);

// One task's share of the cases, run into the task's own store below `folder`. What the folder's store has already is
// left out; it must be at rest.
CasesDone run_task(const Experiment& experiment, const TaskShare& share, const std::filesystem::path& folder,
                   const CaseProgress& progress);

struct CasesLeft {
  std::size_t cases = 0;               // of the scenario
  std::vector<std::size_t> never_run;  // their numbers, which decide on their task
};
// What is left to do; with `gather`, when the store has taken what the tasks have left below its folder.
CasesLeft cases_left(const Experiment& experiment, Store& store, bool gather);

}  // namespace aifsim
