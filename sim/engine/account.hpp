// Where a role's time goes: each moment of its compute stream is a kernel's, the host's, or a wait that is charged to
// what ends it.
//
//   sum of parts = time of the stream;   waits for a stream that itself waits for its partners are charged to them;
//   of each kernel, what the slowest rank's takes longer is a wait of the others
//
// phases: from the end of what the compute stream did before to the end of what it does; their sum is its time too.
// communication = |X|, exposed = |X| - |X and C|; X, C: the union of times in which the role's streams communicate, and
// compute. All of the whole run, whatever its timeline keeps.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/listener.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

class Accountant {
 public:
  // `slowest`: of the plan.
  explicit Accountant(const PlanRole& role, double slowest = 1);
  void ended(const StepEvent& event);
  void blocked(const BlockedEvent& event);
  // Of so many steps, the last of which ended at `end`.
  RoleTimes take(std::int64_t steps, Seconds end);

 private:
  struct Interval {
    double start, end;
  };
  using Intervals = std::vector<Interval>;
  struct StreamTimes {
    StepPart cause = StepPart::waiting;  // of waits for it
    bool stages = false;                 // moves what pipeline stages send each other
    Intervals communication, waited;
  };
  struct Blocked {
    double start, end;
    std::size_t by;  // stream
  };
  double slowest_;
  bool in_pipeline_ = false;
  std::vector<StreamTimes> streams_;
  std::unordered_map<std::size_t, std::size_t> recorded_by_;  // stream, by event
  Intervals compute_;
  std::vector<Blocked> blocked_;
  void seen(double start);
  PartTimes parts_{};
  PhaseTimes phases_{};
  double until_ = -1;  // the end of what the compute stream did last; below 0: it has not begun
};

}  // namespace aifsim
