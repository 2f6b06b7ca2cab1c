// What a calibration tells: each block of constants with its errors on the rows that it was fitted to, on cases
// held out, on groups left out in turn.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "calibration/errors.hpp"
#include "catalog/gpu_fit.hpp"

namespace aifsim {

struct FittedBlock {
  std::string block, title;
  std::string problem;              // why there is no fit; then the rest is empty
  std::vector<ErrorReport> errors;  // of rows held out, all and in parts; or, where nothing was, of all rows
  std::vector<ErrorReport> left_out;    // all groups together, then each, by a fit to the others
  std::size_t groups_not_left_out = 0;  // smaller ones, of very many
  std::vector<std::pair<std::string, double>> constants;
  std::vector<std::string> unidentified;  // the rows do not tell these
  FitInfo fit = {};
  std::int64_t points_before = 0;  // rows behind the block before
};

struct FitReport {
  std::string of;  // the GPU model, the platform or the table
  std::size_t rows = 0;
  std::vector<FittedBlock> blocks;
  std::map<std::string, std::size_t> left_out;  // rows that no block takes, by reason
  std::vector<std::pair<std::size_t, ErrorRow>>
      unseen;  // given rows, by number, by a fit without their group
};

// Why no block of it was fitted; "" where one was.
std::string why_nothing_fitted(const FitReport& report);

using FitProgress = std::function<void(std::size_t done, std::size_t total, const std::string& what)>;

// "kernels of 1.5 us to 20 ms".
std::string range_of(const std::string& what, std::span<const double> seconds);

std::string text_of(const FitReport& report, std::size_t width = 0);
std::string json_of(const FitReport& report);

}  // namespace aifsim
