// Robust least squares on logarithms of times, with bounded positive parameters: what all fits share.
//
//   minimise  sum over rows of rho(log(model / measured)),  rho(r) = 2 a^2 (sqrt(1 + r^2 / a^2) - 1)
//
// rho is the soft-L1 loss, with a = 0.1 unless told: a row counts by its relative error, and outliers do not rule.
// Ceres moves the logarithms of the parameters, of linear ones their multiple of the start (Levenberg-Marquardt,
// bounds, differences), from several fixed starts, of which the best is kept; a parameter that moves no row, there
// or at the given start, ends at that start.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace aifsim {

// Which rows depend on a parameter. Those that depend on one of several groups alone are moved together when
// derivatives are taken, which saves calls of the model.
enum class ActsOn {
  all_rows,
  group,  // the rows of the parameter's group
  scale,  // times of its group are multiplied by it, those of all rows divided by the weighted geometric mean
};

struct FitParameter {
  double lower = 0, upper = 0, start = 0;  // above 0
  bool held = false;                       // stays at `start`, which may then be 0
  ActsOn acts_on = ActsOn::all_rows;
  int group = -1;
  double weight = 0;    // scale: in that mean; they sum to 1
  bool linear = false;  // may be 0
};

struct FitEffort {
  int starts = 3;
  double loss_scale = 0.1;  // a
  double tolerance = 1e-4;  // relative change of the cost at which it ends
  int most_iterations = 60;
};

// Writes the model's time of every row for all parameters in their order; not above 0 or not finite =
// refused.
using FitModel = std::function<void(std::span<const double> parameters, std::span<double> times)>;

struct FitResult {
  std::vector<double> parameters;
  double cost = 0;
  // Of what is moved of all parameters, lower triangle row by row; 0 for held ones and those at a bound.
  // Rows count as independent, which is kind to the fit.
  std::vector<double> covariance;
  // Parameters that end at a bound, or whose standard deviation, of what is moved, is above 0.5.
  std::vector<std::size_t> unidentified;
};

// `groups`: of each row, where parameters act on groups.
FitResult fit_log_times(const std::vector<FitParameter>& parameters, const FitModel& model,
                        std::span<const double> measured, const FitEffort& effort = {},
                        std::span<const int> groups = {});

}  // namespace aifsim
