// One scenario run by several tasks that know nothing of each other: each runs every count-th case into a store of its
// own, below the folder of the results, which then takes what they have left. How far each is stands in a small file
// beside its store, since a store that another machine writes is not to be opened.
#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aifsim {

// The cases whose number leaves `index` when it is divided by `count`.
struct TaskShare {
  std::size_t index = 0, count = 1;
};

// FOLDER/tasks: what a scenario's tasks leave, and what starts them.
std::filesystem::path tasks_folder(const std::filesystem::path& folder);
// FOLDER/tasks/3-of-16: of the fourth.
std::filesystem::path task_folder(const std::filesystem::path& folder, const TaskShare& share);

// Of a small file that tasks leave; "" where it is not there or cannot be read.
std::string text_if_there(const std::filesystem::path& file);

struct TaskProgress {
  std::string task;            // "3-of-16"; "" of a run without tasks
  std::size_t cases = 0;       // of the share that had no answer when the run began
  std::size_t ended = 0;       // of them, in this run
  std::size_t kept = 0;        // had one, in the task's store
  double began = 0, last = 0;  // seconds since 1970: of the run, and of the file
  std::size_t all = 0;         // cases of the scenario, over all shares

  double per_second() const { return last > began ? static_cast<double>(ended) / (last - began) : 0; }
};

// Writes FOLDER/progress.json, at most once a second and not in the first; where it cannot be written there is none.
class ProgressFile {
 public:
  // `all`: cases of the scenario.
  ProgressFile(const std::filesystem::path& folder, std::size_t all);
  void tell(std::size_t cases, std::size_t ended, std::size_t kept);
  void remove();

 private:
  void write();
  std::filesystem::path file_;
  TaskProgress now_;
  std::chrono::steady_clock::time_point written_;
};

// Of the folder itself and of each task below it, in the order of their names; those that have told nothing are
// not there.
std::vector<TaskProgress> progress_below(const std::filesystem::path& folder);

// The share of a task's name ("3-of-16"); none of other names.
std::optional<TaskShare> share_of_task(const std::string& name);

// The folders of tasks that hold a store, in the order of their names.
std::vector<std::filesystem::path> task_stores(const std::filesystem::path& folder);

}  // namespace aifsim
