#include "factory/stragglers.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace aifsim {

double slowest_of(std::int64_t ranks, const StragglersDescription& s) {
  const std::int64_t slow = std::min(s.ranks, ranks);
  const double factor = slow > 0 ? 1 + s.slower : 1;
  if (s.jitter == 0 || ranks == 1) return factor;
  const auto below = [&](double x) { return std::erfc((1 - x) / (s.jitter * std::numbers::sqrt2)) / 2; };
  const auto beyond = [&](double x) {
    return 1 - std::pow(below(x), static_cast<double>(ranks - slow)) *
                   std::pow(below(x / factor), static_cast<double>(slow));
  };
  // Simpson's rule where it is neither 1 nor 0.
  constexpr int pieces = 4000;
  constexpr double deviations = 10;
  const double from = factor * (1 - deviations * s.jitter), to = factor * (1 + deviations * s.jitter);
  const double width = (to - from) / pieces;
  double sum = beyond(from) + beyond(to);
  for (int i = 1; i < pieces; ++i) sum += (i % 2 == 1 ? 4 : 2) * beyond(from + i * width);
  return from + sum * width / 3;
}

}  // namespace aifsim
