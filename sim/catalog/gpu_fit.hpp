// How a block of fitted constants came about and how far it holds.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

// Kernels of one software release take `time_factor` times the model's time; the geometric mean over the
// releases of the fit, weighted by rows, is 1.
struct ReleaseFactor {
  std::string software;
  double time_factor = 1;
  // In place of the block's, where above 0.
  Seconds fixed_time{}, row_time{}, regroup_time{};
};

struct FitInfo {
  // Of log(measured / model) on rows kept out of the fit: 80 % of them lie within 1.2816 times this.
  Figure<double> spread;
  std::int64_t points = 0;        // rows behind the fit; 0: carried over from other GPUs
  std::string range;              // smallest to largest shape of those rows
  std::string date;               // of the fit, e.g. 2026-11-23
  std::vector<std::string> from;  // GPU models whose constants these are, where they were carried over
  std::vector<ReleaseFactor> releases;
  // Of the logarithms of `constants`, lower triangle row by row; empty where nothing was fitted.
  std::vector<std::string> constants;
  std::vector<double> covariance;
};

}  // namespace aifsim
