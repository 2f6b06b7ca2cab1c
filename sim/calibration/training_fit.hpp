// Fits what a platform's training steps cannot be priced from datasheets, single kernels and collectives: its
// clock, its neighbours on the fabric, and the stack of the runs, on measured whole steps.
//
// Shared by all platforms in the table: compute_slowdown, host_per_step (properties of the software stack).
// Per platform: sustained_speed, and of communication.neighbours: leave, delay.
// Robust least squares on log(predicted / measured) at the analytical level (soft L1, 5 %), within physical
// bounds. Errors come from each group of rows left out in turn.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "calibration/constant_mfu.hpp"
#include "calibration/cross_validation.hpp"
#include "calibration/fit_report.hpp"
#include "factory/training_table.hpp"

namespace aifsim {

struct PlatformConstants {
  double sustained_speed = 0.85;
  double leave = 0.8;    // share of the bandwidth between nodes
  double delay = 10e-6;  // s, per message between nodes
};

struct TrainingConstants {
  double compute_slowdown = 0.1;
  double host_per_step = 0.03;  // s
  std::map<std::string, PlatformConstants> platforms;
  std::vector<std::string> unidentified;  // "host_per_step", "mn5_acc leave": the rows do not tell these
};

// Rows as cross_validation.hpp asks for them.
class TrainingProblem {
 public:
  using Constants = TrainingConstants;
  static constexpr bool concurrent = false;  // a fit changes the plans

  // Only rows that can be expressed and fit in memory take part.
  explicit TrainingProblem(const std::vector<MeasuredRow>& rows);
  ~TrainingProblem();
  TrainingProblem(const TrainingProblem&) = delete;
  TrainingProblem& operator=(const TrainingProblem&) = delete;

  std::size_t size() const;
  std::size_t number(std::size_t i) const;  // among the rows given
  const MeasuredRow& row(std::size_t i) const;
  const std::string& platform(std::size_t i) const;
  const std::string& group(std::size_t i) const { return row(i).group; }
  const std::string& case_of(std::size_t i) const { return row(i).id; }
  bool tests(std::size_t) const { return true; }
  std::size_t fewest() const { return 2; }
  // Platforms without a row among `rows` are not in the result.
  TrainingConstants fit(const std::vector<std::size_t>& rows, const TrainingConstants* from) const;
  // No prediction where the constants do not have the row's platform.
  ErrorRow predict(const TrainingConstants& constants, std::size_t i) const;

 private:
  struct Sample;
  std::vector<Sample> samples_;
  ConstantMfu control_;
};

struct PlatformFit {
  std::string platform;
  PlatformConstants constants;
  double log_residual_sd = 0;
  std::size_t rows = 0;
  std::int64_t smallest_job = 0, largest_job = 0;  // GPUs
  std::set<Sharding> shardings = {};
  std::int64_t most_micro_batches = 1;  // of a step
};

struct TrainingCalibration {
  TrainingConstants constants;
  std::vector<PlatformFit> platforms;
  FitReport report;  // a block for each platform, and one for the stack
};

// CannotAnswer: no row takes part. `source` of the options is the table's name.
TrainingCalibration calibrate_training(const std::vector<MeasuredRow>& rows, const FitOptions& options);

}  // namespace aifsim
