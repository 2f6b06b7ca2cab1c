// Fits the constants of one GPU model to measured kernels, family by family, and tells how well they hold.
//
// Errors come from rows that the fit has not seen: a share of the shapes (a shape is held out under every
// software release at once), and each group (e.g. a software release) in turn. The constants that are kept
// come from all rows. Of more than 20,000 rows of a family that many are drawn evenly, which the calibration's left_out tells.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/least_squares.hpp"
#include "kernels/family.hpp"
#include "kernels/rows.hpp"

namespace aifsim {

// Of model / measured - 1.
struct FitErrors {
  std::size_t rows = 0;
  double median = 0, p90 = 0;  // of the absolute value
  double bias = 0;             // median, signed
};

struct FitSlice {
  std::string name;  // "all", "10 to 100 us", "bf16", "without vllm-0.22.0"
  FitErrors model, control, previous;
};

struct FamilyFit {
  const Family* family = nullptr;
  std::vector<FitSlice> slices;         // rows held out: all, by time range, by software
  std::vector<FitSlice> left_out;       // each group, by a fit to the others
  std::size_t groups_not_left_out = 0;  // smaller ones, of very many
  std::vector<std::string> unidentified;
  double coverage =
      0;  // share of held-out rows within the 80 % band of the spread of the other held-out rows
  std::int64_t points_before = 0;  // rows that the block of the model before was fitted to
  std::string problem;             // why there is no fit; then the rest is empty
};

struct FitOptions {
  double holdout = 0.3;  // share of the shapes
  bool leave_out = true;
  std::string date;
  std::string source;  // of the measurements, in words
};

struct Calibration {
  GpuDescription gpu;  // with the fitted constants
  std::vector<FamilyFit> families;
  std::map<std::string, std::size_t> left_out;  // rows that no family takes, by reason
  std::size_t rows = 0;
};

using FitProgress = std::function<void(std::size_t done, std::size_t total, const std::string& what)>;

// `rows` are of this GPU; their `group` is what is left out in turn. A family with fewer than three
// rows per constant (20 are always enough) stays as it is.
Calibration calibrate(const GpuDescription& gpu, const std::vector<KernelRow>& rows,
                      const FitOptions& options, const FitProgress& progress = {});

// Errors of constants that were not fitted to `rows`, for each family that the rows have; `coverage` is the
// share within the 80 % band of the block's own spread.
Calibration try_on(const GpuDescription& gpu, const std::vector<KernelRow>& rows);

}  // namespace aifsim
