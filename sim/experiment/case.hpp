// A case: one point of a scenario's product of axes, with a hash over everything that its answer depends on:
// the build of aifsim, the content of all descriptions with what the scenario changes in them, and what is asked of it.
// Names of files, titles of the scenario and the other cases are not in it.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"
#include "factory/shared_fabric.hpp"

namespace aifsim {

// What is asked of each case.
struct CaseOptions {
  std::size_t draws = 0;         // above 0: bands from so many draws of the GPU's constants
  bool other_placements = true;  // also on other nodes, where rank order may matter
  bool details = true;           // keeps every span, and compares variants
  bool budget = false;           // takes a scenario that has a budget: its cases' gpus are 0
};

struct Case {
  std::shared_ptr<const ScenarioDescription> scenario;  // at this point of its sweep
  std::shared_ptr<const SweepPoint> point;
  std::size_t platform = 0, variant = 0;  // of the scenario
  std::int64_t gpus = 0;                  // of all jobs
  std::string platform_label, variant_label;
  std::string problem;  // why the scenario has no such point
  CaseOptions options;
  std::string hash;
};

// Of more cases than this the figures alone are asked for: no timelines, no times on other nodes, no comparison of
// variants at other micro-batches.
inline constexpr std::size_t most_detailed = 600;

// "injection 400Gbps, micro_batch 2": the last words of each path that tell it from the others; not of those that are
// told elsewhere.
std::string label_of(const SweepPoint& point, const std::vector<std::string>& elsewhere = {"gpus"});

// In the order of platforms, variants, axes and, quickest, GPU counts. `settings`: what the command line says
// instead of the scenario's file.
std::vector<Case> cases_of(const Catalog& catalog, const std::filesystem::path& scenario_file,
                           const Settings& settings, const CaseOptions& options, const std::string& build);

// A case with all that it names, read and built.
struct CaseInputs {
  std::shared_ptr<const PlatformInstance> platform;  // of jobs with several partitions, the first one's
  FabricInputs fabric;
};

// Makes them, and keeps the last few platforms.
class InputReader {
 public:
  explicit InputReader(const Catalog& catalog) : catalog_(catalog) {}
  CaseInputs operator()(const Case& c);

 private:
  std::shared_ptr<const PlatformInstance> platform(const Case& c,
                                                   const ScenarioDescription::PlatformOfJob& of);
  const WorkloadDescription& workload(const Case& c);
  const StackDescription& stack_of(const TrainingDescription& training, const Settings& settings);
  void take_trace(JobInputs& job);
  const Catalog& catalog_;
  std::vector<std::pair<std::string, std::shared_ptr<const PlatformInstance>>> platforms_;  // newest last
  std::pair<std::string, WorkloadDescription> workload_;                                    // the last one
  std::pair<std::string, StackDescription> stack_;
  struct Trace {
    std::string key;
    std::shared_ptr<const Program> program;
    std::string note;
  };
  Trace trace_;
};

}  // namespace aifsim
