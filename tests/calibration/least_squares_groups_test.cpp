#include <catch2/catch.hpp>
#include <cmath>

#include "calibration/least_squares.hpp"

using namespace aifsim;

namespace {

// t = factor_g / exp(sum w log factor) * (a x + b_g) with three groups of ten rows, and scatter.
struct Rows {
  std::vector<double> measured;
  std::vector<int> groups;
  static constexpr double kWeight[3] = {0.5, 0.3, 0.2};

  Rows() {
    const double factor[3] = {0.9, 1.1, 1.25}, base[3] = {3, 5, 9};
    for (int i = 0; i < 30; ++i) {
      const int g = i % 3;
      groups.push_back(g);
      measured.push_back(time({2, factor[0], factor[1], factor[2], base[0], base[1], base[2]}, i) *
                         std::exp(0.05 * std::sin(37.0 * i)));
    }
  }
  static double time(const std::vector<double>& p, int i) {
    double mean = 0;
    for (int g = 0; g < 3; ++g) mean += kWeight[g] * std::log(p[1 + g]);
    return p[1 + i % 3] / std::exp(mean) * (p[0] * (1 + i) + p[4 + i % 3]);
  }
  FitResult fit(bool in_groups, int* calls) const {
    std::vector<FitParameter> parameters{{0.1, 100, 1}};
    for (int g = 0; g < 3; ++g)
      parameters.push_back({0.5, 2, 1, false, in_groups ? ActsOn::scale : ActsOn::all_rows, g, kWeight[g]});
    for (int g = 0; g < 3; ++g)
      parameters.push_back({0.1, 100, 4, false, in_groups ? ActsOn::group : ActsOn::all_rows, g});
    const FitModel model = [&](std::span<const double> values, std::span<double> times) {
      ++*calls;
      const std::vector<double> p(values.begin(), values.end());
      for (int i = 0; i < 30; ++i) times[std::size_t(i)] = time(p, i);
    };
    return fit_log_times(parameters, model, measured, {.starts = 1}, groups);
  }
};

}  // namespace

TEST_CASE("parameters of groups moved together give the same fit with fewer calls of the model") {
  const Rows rows;
  int apart = 0, together = 0;
  const FitResult one = rows.fit(false, &apart), all = rows.fit(true, &together);
  CHECK(all.cost == Approx(one.cost).epsilon(1e-3));
  CHECK(all.parameters[0] == Approx(one.parameters[0]).epsilon(0.01));
  for (std::size_t g = 4; g < 7; ++g) CHECK(all.parameters[g] == Approx(one.parameters[g]).epsilon(0.02));
  // The scales by their ratios, since the mean is taken out.
  CHECK(all.parameters[3] / all.parameters[1] == Approx(one.parameters[3] / one.parameters[1]).epsilon(0.01));
  REQUIRE(all.covariance.size() == one.covariance.size());
  CHECK(all.covariance[0] == Approx(one.covariance[0]).epsilon(0.05));
  CHECK(together < apart / 2);
}
