// Tasks in processes of their own, so that what ends a process costs its task alone.
#pragma once
#include <cstddef>
#include <functional>
#include <limits>
#include <string>

#include "base/units.hpp"

namespace aifsim {

struct TaskEnd {
  std::string bytes;  // what the task returned
  std::string died;   // or why its process ended without
  Seconds cpu;        // user and system; of the process, where it had but one task
  double peak_megabytes = 0;
};

struct WorkerOptions {
  std::size_t workers = 0;  // processes at a time; 0: as many as the machine has cores
  std::size_t tasks_each = std::numeric_limits<std::size_t>::max();  // then a fresh process goes on
  // Asked before a task is given to a process; one that is not needed any longer ends with no bytes.
  std::function<bool(std::size_t)> needless = {};
};

// An interrupt (SIGINT, SIGTERM, SIGHUP) came: no task runs any longer. What has ended was told.
struct Interrupted {
  int signal = 0;
};

// `work` runs in the processes, each task once; `done` here, in the order in which they end. An InputError of a
// task stops the others and is thrown here; what else it throws counts as a death.
void run_in_workers(std::size_t tasks, const WorkerOptions& options,
                    const std::function<std::string(std::size_t)>& work,
                    const std::function<void(std::size_t, TaskEnd&&)>& done);

// As many as the machine has cores that this process may use.
std::size_t cores();

}  // namespace aifsim
