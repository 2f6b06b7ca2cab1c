// Answers a scenario: its cases, run in worker processes or taken from the store, and the result that they make.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include "experiment/case.hpp"
#include "experiment/result.hpp"
#include "experiment/store.hpp"
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

// Runs what the store lacks. Cases without an answer are points that say why. InputError for what the scenario
// itself gets wrong; Interrupted when a signal came, with every case that had ended in the store.
Result answer(const Experiment& experiment, Store& store, const CaseProgress& progress);

}  // namespace aifsim
