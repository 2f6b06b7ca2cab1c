// Comparisons that the page asked for: one runs, the others wait. Each is `aifsim compare` in a folder of its own.
#pragma once
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "serve/stop_switch.hpp"
#include "serve/workplace.hpp"

namespace aifsim {

enum class RunState { waiting, running, done, failed, cancelled };
const char* name_of(RunState state);

// What there is to know of a run without its files.
struct RunView {
  int id = 0;
  RunState state = RunState::waiting;
  std::string title;      // of its scenario, as far as a line tells it
  std::size_t ahead = 0;  // waiting: how many run before it
  std::size_t done = 0, of = 0;
  std::string what;            // progress: parts of this phase, and what is worked on
  double seconds = 0;          // since it began, or that it took
  std::optional<double> left;  // of this phase, seconds
  int exit_code = 0;           // of `aifsim compare`; done: 0, or 1 where a proposal has no answer
  std::string errors;          // failed: the command line's JSON
  std::string messages;        // what it printed on standard error
};

struct QueueLimits {
  std::size_t waiting = 8, kept = 40;  // kept: runs that have ended, with their files; the oldest go
  std::chrono::milliseconds longest = std::chrono::hours(12);
};

class RunQueue {
 public:
  RunQueue(std::filesystem::path folder, const Workplace& workplace, QueueLimits limits);
  ~RunQueue() { stop(); }
  RunQueue(const RunQueue&) = delete;
  RunQueue& operator=(const RunQueue&) = delete;

  // Its number; none: too many wait.
  std::optional<int> add(const std::string& scenario, bool influence);
  // False: there is none of this number, or it has ended.
  bool cancel(int id);
  std::optional<RunView> view(int id) const;
  std::vector<RunView> all() const;  // the newest first
  // What it was asked, and, once it is done, result.json and report.html; none where there is no such text.
  std::optional<std::string> text(int id, const std::string& name) const;
  // Ends what runs, and waits for it.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Run {
    RunView view;
    bool influence = true;
    StopSwitch stop;
    Clock::time_point began, phase_began;
    std::size_t phase_from = 0;
  };

  void work();
  void run(Run& one);
  void take_progress(Run& one, std::size_t done, std::size_t of, const std::string& what);
  void drop_old();
  RunView view_of(const Run& one) const;
  std::filesystem::path folder_of(int id) const { return folder_ / std::to_string(id); }

  const std::filesystem::path folder_;
  const Workplace& workplace_;
  const QueueLimits limits_;
  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::map<int, std::shared_ptr<Run>> runs_;
  int last_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace aifsim
