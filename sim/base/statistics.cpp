#include "base/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace aifsim {
namespace {
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
}

double mean(std::span<const double> sample) {
  if (sample.empty()) return kNone;
  return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double quantile(std::span<const double> sample, double q) {
  assert(q >= 0 && q <= 1);
  if (sample.empty()) return kNone;
  std::vector<double> sorted(sample.begin(), sample.end());
  std::sort(sorted.begin(), sorted.end());
  const double rank = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], rank - static_cast<double>(below));
}

double median(std::span<const double> sample) { return quantile(sample, 0.5); }

double standard_deviation(std::span<const double> sample) {
  if (sample.size() < 2) return kNone;
  const double centre = mean(sample);
  double sum = 0;
  for (double x : sample) sum += (x - centre) * (x - centre);
  return std::sqrt(sum / static_cast<double>(sample.size() - 1));
}

}  // namespace aifsim
