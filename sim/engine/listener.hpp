// What happens in a run, as it ends: the same at every level of fidelity.
#pragma once
#include "plan/plan.hpp"

namespace aifsim {

// A step of a stream: work, a collective, or (`waited`) the time until the others of a collective came.
struct StepEvent {
  std::size_t job = 0, role = 0, stream = 0;
  const Plan* plan = nullptr;
  const PlanStep* step = nullptr;
  std::int64_t run = 0;  // of the innermost repeat
  bool waited = false;
  Seconds start, end;
};

// A stream that has waited for an event.
struct BlockedEvent {
  std::size_t job = 0, role = 0, stream = 0, event = 0;
  Seconds start, end;
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void ended(const StepEvent& event) = 0;
  virtual void blocked(const BlockedEvent&) {}
};

}  // namespace aifsim
