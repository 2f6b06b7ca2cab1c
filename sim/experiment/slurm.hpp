// A scenario's tasks as a Slurm job array, and a job behind it that gathers what they have left: it writes the report,
// or submits anew those tasks that were ended before their cases were.
#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aifsim {

struct SlurmRequest {
  std::string name;                // of the scenario
  std::filesystem::path folder;    // of the results, absolute, on a file system that all nodes see
  std::filesystem::path program;   // likewise
  std::vector<std::string> run;    // the words that follow it, without Slurm's: "run", "a.yaml", "--out" ...
  std::vector<std::string> close;  // those that the closing job has besides: "--slurm", "--tasks" ...
  std::size_t tasks = 0, workers = 1;
  std::vector<std::string> options;         // of sbatch: "--partition=long" ...
  std::size_t cases = 0;                    // of the scenario
  std::map<std::size_t, std::size_t> left;  // cases left by task; those that have none are not started
  std::size_t fruitless = 0;                // arrays in a row before this one that did no case
  std::size_t all_left() const;
};

// InputError where the folder's name cannot stand in a script's lines for Slurm.
std::string array_script(const SlurmRequest& request);
std::string closing_script(const SlurmRequest& request);

struct SlurmPlan {
  std::size_t cases = 0, tasks = 0;
  std::map<std::size_t, std::size_t> left;  // when it was submitted
  std::vector<std::string> jobs;            // ids: the array's, the closing one's
  std::size_t fruitless = 0;                // arrays in a row before it that did no case
};

// Writes both scripts below the folder and gives them to sbatch. CannotAnswer with what sbatch says where it refuses.
SlurmPlan submit(const SlurmRequest& request);

// What was submitted for the folder and has not been gathered.
std::optional<SlurmPlan> plan_of(const std::filesystem::path& folder);
// As long as no jobs are known, for `status`.
void note_plan(const std::filesystem::path& folder, const SlurmPlan& plan);
void forget_plan(const std::filesystem::path& folder);

// How many jobs of the plan Slurm has, by state ("RUNNING", "PENDING"); without the one that this program runs in.
std::map<std::string, std::size_t> job_states(const SlurmPlan& plan);

}  // namespace aifsim
