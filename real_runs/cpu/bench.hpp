// Timing on one core per rank, all ranks busy with the same case at the same time: a rank's speed then
// includes what its neighbours take from the memory and the shared caches, as in a real step.
//
// A sample during which the scheduler gave the core to someone else (wall time above the thread's CPU time)
// is "disturbed" and does not count, unless all are.
#pragma once
#include <mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "common/lines.hpp"

namespace real_runs::cpu {

struct Bench {
  int rank = 0, ranks = 1;
  bool full = false;
  std::string name = "my_cpu", software, folder = "/tmp";
  std::size_t cases = 0, done = 0, disturbed = 0, samples = 0;

  double budget() const { return full ? 1.0 : 0.07; }  // seconds of one case
  // Announces the next case.
  void begin(const std::string& what) {
    ++done;
    if (rank != 0) return;
    std::printf("case\t%zu\t%zu\t%s\n", done, cases, what.c_str());
    std::fflush(stdout);
  }
  // Runs `work` until the budget is spent; the samples of all ranks together, on rank 0.
  Times time(const std::function<void()>& work, double budget_seconds = 0);
  // The same number of times on each rank, after a barrier; the slowest rank counts.
  Times time_together(const std::function<void()>& work, double budget_seconds = 0, std::size_t least = 5,
                      std::size_t most = 2000);
  Row row(const std::string& op) const {
    Row r(op);
    r.set("gpu", name).set("platform", name).set("software", software).set("mode", "burst");
    return r;
  }
  void print(Row& row, const Times& times) const {
    if (rank != 0 || times.count == 0) return;
    set_times(row, times);
    row.print();
  }
};

double now();             // seconds, wall
double thread_seconds();  // CPU time of this thread

// Aligned, filled with random values in [-1, 1); touched, so that no page is missing.
class Buffer {
 public:
  explicit Buffer(std::size_t floats, unsigned seed = 1);
  float* data() { return data_.data(); }
  std::size_t size() const { return data_.size(); }

 private:
  std::vector<float> data_;
};

// One file each; they count their cases first (bench.cases) when `run` is false.
void gemm_cases(Bench& bench, bool run);
void layer_cases(Bench& bench, bool run);
void memory_cases(Bench& bench, bool run);
void collective_cases(Bench& bench, bool run);
void storage_cases(Bench& bench, bool run);
void step_cases(Bench& bench, bool run, const std::string& when);

}  // namespace real_runs::cpu
