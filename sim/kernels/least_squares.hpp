// Robust least squares on log(model / measured) with bounded positive parameters: what the fits share.
#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace aifsim {

struct FitParameter {
  double lower, upper, start;
  bool held = false;  // stays at `start`, which may then be 0
};

// Model of row i in seconds, for all parameters in their order.
using RowModel = std::function<double(const std::vector<double>& parameters, std::size_t row)>;

// Parameters that fit `measured` best on `rows`; the best of `starts` runs from fixed starting points.
std::vector<double> fit_log_time(const std::vector<FitParameter>& parameters, const RowModel& model,
                                 const std::vector<double>& measured, const std::vector<std::size_t>& rows,
                                 int starts = 3);

}  // namespace aifsim
