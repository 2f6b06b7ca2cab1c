// The listener that writes down each stream's spans.
#pragma once
#include "engine/listener.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

class TrackRecorder final : public Listener {
 public:
  static constexpr std::size_t most_spans = 20000;  // of a stream: long enough to look at

  std::size_t add_job(const Plan& plan);  // its number
  void ended(const StepEvent& event) override;
  std::vector<RoleTrack> take(std::size_t job) { return std::move(jobs_[job]); }

 private:
  std::vector<std::vector<RoleTrack>> jobs_;
};

}  // namespace aifsim
