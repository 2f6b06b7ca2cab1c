// Where a stream stands: its steps in the order in which they run, repeats unrolled.
#pragma once
#include <vector>

#include "plan/plan.hpp"

namespace aifsim {

class StreamCursor {
 public:
  explicit StreamCursor(const PlanStream& stream) : steps_(stream.steps) { settle(); }
  bool ended() const { return at_ == steps_.size(); }
  const PlanStep& step() const { return steps_[at_]; }
  std::int64_t run() const { return loops_.empty() ? 0 : loops_.back(); }  // of the innermost repeat, from 0
  void next() {
    ++at_;
    settle();
  }

 private:
  void settle() {
    for (; at_ < steps_.size(); ++at_) {
      const PlanStep& step = steps_[at_];
      if (step.kind == StepKind::repeat) {
        loops_.push_back(0);
      } else if (step.kind == StepKind::again) {
        if (++loops_.back() < steps_[step.other].times)
          at_ = step.other;
        else
          loops_.pop_back();
      } else {
        return;
      }
    }
  }
  const std::vector<PlanStep>& steps_;
  std::size_t at_ = 0;
  std::vector<std::int64_t> loops_;  // runs that have ended, outermost first
};

}  // namespace aifsim
