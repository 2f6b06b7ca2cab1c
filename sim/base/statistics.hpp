// Summary statistics of small samples. An empty sample has none of them: the result is NaN.
#pragma once
#include <span>

namespace aifsim {

double mean(std::span<const double> sample);
// Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, NumPy's default); q in [0,
// 1].
double quantile(std::span<const double> sample, double q);
double median(std::span<const double> sample);
// Sample standard deviation (n - 1); NaN below two values.
double standard_deviation(std::span<const double> sample);

}  // namespace aifsim
