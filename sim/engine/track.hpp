// The listener that writes down each stream's spans, and keeps each role's account.
#pragma once
#include "engine/account.hpp"
#include "engine/listener.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

class TrackRecorder final : public Listener {
 public:
  std::size_t add_job(const Plan& plan);  // its number
  void ended(const StepEvent& event) override;
  void blocked(const BlockedEvent& event) override;
  // Of a job that has done so many steps, the last of which ended at `end`.
  std::vector<RoleTrack> take(std::size_t job, std::int64_t steps, Seconds end);

 private:
  std::vector<std::vector<RoleTrack>> jobs_;
  std::vector<std::vector<Accountant>> accounts_;  // by job and role
};

}  // namespace aifsim
