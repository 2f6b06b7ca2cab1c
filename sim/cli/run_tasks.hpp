// aifsim run as one of several tasks, or as all of them under Slurm.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "experiment/experiment.hpp"

namespace aifsim {

struct TaskOptions {
  std::string task;  // "3/16"
  bool slurm = false, dry_run = false;
  std::size_t tasks = 4;
  std::optional<std::uint64_t> if_fewer_than;
  std::string partition, account, time;
  std::vector<std::string> sbatch;
};

void add_task_options(const Command& command, TaskOptions& options);

// `words`: of this command, without those that are Slurm's. False: nothing is left to run, so that the folder's
// store has all answers.
bool submit_tasks(const TaskOptions& options, const Experiment& experiment, const std::filesystem::path& out,
                  const std::vector<std::string>& words);

// CannotAnswer while Slurm has jobs of the folder, which would run the same points; not of the one that this program runs in.
void refuse_beside_slurm(const std::filesystem::path& out);

TaskShare share_of(const TaskOptions& options);

}  // namespace aifsim
