#include "metrics/failures.hpp"

#include <cmath>

namespace aifsim {
namespace {

// Time of the wall for each second of training, over e^(R/M).
double wall(const JobFailures& f, double training, double writing) {
  const double m = f.between.value;
  return m * std::expm1((training + writing) / m) / training;
}

}  // namespace

JobFailures job_failures(Seconds node_mtbf, Seconds restart, std::int64_t nodes) {
  return {node_mtbf / static_cast<double>(nodes), restart};
}

double counting_share(const JobFailures& f, Seconds interval) {
  return std::exp(-f.restart.value / f.between.value) / wall(f, interval.value, 0);
}

double counting_share(const JobFailures& f, Seconds interval, Seconds run) {
  const double pieces = std::floor(run / interval), rest = run.value - pieces * interval.value;
  double walls = 0;  // an interval beyond the run may be too long for a double
  if (pieces > 0) walls += pieces * interval.value * wall(f, interval.value, 0);
  if (rest > 0) walls += rest * wall(f, rest, 0);
  return std::exp(-f.restart.value / f.between.value) * run.value / walls;
}

Seconds best_interval(const JobFailures& f, Seconds writing) {
  // One minimum, below the square root of 2 d M of small d (Young 1974) plus M.
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double low = 0, high = std::sqrt(2 * writing.value * f.between.value) + f.between.value;
  for (int i = 0; i < 200 && high - low > 1e-9 * high; ++i) {
    const double a = high - golden * (high - low), b = low + golden * (high - low);
    if (wall(f, a, writing.value) < wall(f, b, writing.value))
      high = b;
    else
      low = a;
  }
  return Seconds{(low + high) / 2};
}

}  // namespace aifsim
