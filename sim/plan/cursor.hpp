// Where a stream stands: its steps in the order in which they run, repeats unrolled.
#pragma once
#include <vector>

#include "plan/plan.hpp"

namespace aifsim {

class StreamCursor {
 public:
  struct Loop {
    std::size_t repeat = 0;  // its step
    std::int64_t run = 0;    // runs that have ended
  };

  explicit StreamCursor(const PlanStream& stream) : steps_(&stream.steps) { settle(); }
  bool ended() const { return at_ >= steps_->size(); }
  const PlanStep& step() const { return (*steps_)[at_]; }
  std::int64_t run() const {
    return loops_.empty() ? 0 : loops_.back().run;
  }  // of the innermost repeat, from 0
  void next() {
    ++at_;
    settle();
  }

  std::size_t at() const { return at_; }                     // the step's index
  const std::vector<Loop>& loops() const { return loops_; }  // that it is in, the outermost first
  // Runs of a loop after the one that it is in.
  std::int64_t left(std::size_t loop) const {
    return (*steps_)[loops_[loop].repeat].times - 1 - loops_[loop].run;
  }
  void skip(std::size_t loop, std::int64_t runs) { loops_[loop].run += runs; }

 private:
  void settle() {
    for (; at_ < steps_->size(); ++at_) {
      const PlanStep& step = (*steps_)[at_];
      if (step.kind == StepKind::repeat) {
        loops_.push_back({at_, 0});
      } else if (step.kind == StepKind::again) {
        if (++loops_.back().run < (*steps_)[step.other].times)
          at_ = step.other;
        else
          loops_.pop_back();
      } else {
        return;
      }
    }
  }
  const std::vector<PlanStep>* steps_;
  std::size_t at_ = 0;
  std::vector<Loop> loops_;
};

}  // namespace aifsim
