// Fits what a platform's training steps cannot be priced from datasheets, single kernels and collectives: its
// clock, its neighbours on the fabric, and the stack of the runs, on measured whole steps.
//
// Shared by all platforms in the table: compute_slowdown, host_per_step (properties of the software stack).
// Per platform: sustained_speed, and of communication.neighbours: leave, delay.
// Robust least squares on log(predicted / measured) at the analytical level (soft L1, 5 %), within physical
// bounds.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "factory/training_table.hpp"

namespace aifsim {

struct SharedConstants {
  double compute_slowdown = 0.1;
  double host_per_step = 0.03;  // s
};
struct PlatformConstants {
  double sustained_speed = 0.85;
  double leave = 0.8;    // share of the bandwidth between nodes
  double delay = 10e-6;  // s, per message between nodes
};

struct PlatformFit {
  std::string platform;
  PlatformConstants constants;
  std::vector<std::string> at_bound;  // constants that ended at a bound: the data do not identify them
};

struct TrainingFit {
  SharedConstants shared;
  std::vector<std::string> at_bound;  // of the shared constants
  std::vector<PlatformFit> platforms;
};

class TrainingFitter {
 public:
  // Only rows that can be expressed and fit in memory take part.
  explicit TrainingFitter(const std::vector<MeasuredRow>& rows);
  ~TrainingFitter();
  TrainingFitter(const TrainingFitter&) = delete;
  TrainingFitter& operator=(const TrainingFitter&) = delete;

  std::size_t size() const;  // rows that take part
  const MeasuredRow& row(std::size_t i) const;
  // Fits on the rows for which `use` is true. Platforms without such a row are not in the result.
  TrainingFit fit(const std::vector<bool>& use) const;
  // log(predicted / measured); NaN when the fit does not have the row's platform.
  double log_error(std::size_t i, const TrainingFit& fit) const;

 private:
  struct Sample;
  std::vector<Sample> samples_;
};

}  // namespace aifsim
