#include "calibration/least_squares.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace aifsim;

namespace {

// t = a + b x at x = 1..40, with every seventh row three times as slow.
std::vector<double> line(double a, double b, bool outliers) {
  std::vector<double> t;
  for (int x = 1; x <= 40; ++x) t.push_back((a + b * x) * (outliers && x % 7 == 0 ? 3 : 1));
  return t;
}

FitModel model() {
  return [](std::span<const double> p, std::span<double> times) {
    for (std::size_t i = 0; i < times.size(); ++i) times[i] = p[0] + p[1] * double(i + 1);
  };
}

}  // namespace

TEST_CASE("a line is found exactly, and both parameters are identified") {
  const FitResult r = fit_log_times({{0.1, 100, 1}, {0.1, 100, 1}}, model(), line(5, 2, false));
  CHECK(r.parameters[0] == Approx(5).epsilon(1e-3));
  CHECK(r.parameters[1] == Approx(2).epsilon(1e-3));
  CHECK(r.unidentified.empty());
}

TEST_CASE("outliers hardly move a fit") {
  const FitResult r = fit_log_times({{0.1, 100, 1}, {0.1, 100, 1}}, model(), line(5, 2, true));
  CHECK(r.parameters[0] == Approx(5).epsilon(0.15));
  CHECK(r.parameters[1] == Approx(2).epsilon(0.05));
}

TEST_CASE("held parameters stay, bounds bind and are told") {
  const FitResult r = fit_log_times({{0.1, 100, 5, true}, {0.1, 1.5, 1}}, model(), line(5, 2, false));
  CHECK(r.parameters[0] == 5);
  CHECK(r.parameters[1] == Approx(1.5).epsilon(1e-3));
  CHECK(r.unidentified == std::vector<std::size_t>{1});
}

TEST_CASE("a parameter that moves no row ends at its start, whichever start was the best") {
  const FitResult r =
      fit_log_times({{0.1, 100, 1}, {0.1, 100, 1}, {0.01, 100, 3}}, model(), line(5, 2, false));
  CHECK(r.parameters[2] == Approx(3));
  CHECK(r.unidentified == std::vector<std::size_t>{2});
}

TEST_CASE("a threshold stays where the best start had it, though no small step of it moves a row") {
  const FitModel steps = [](std::span<const double> p, std::span<double> times) {
    for (std::size_t i = 0; i < times.size(); ++i)
      times[i] = p[0] + p[1] * double(i + 1) + (double(i + 1) > p[2] ? 50 : 0);
  };
  std::vector<double> measured(40);
  steps(std::vector<double>{5, 2, 7.5}, measured);
  const FitResult r = fit_log_times({{0.1, 100, 5}, {0.1, 100, 2}, {1, 100, 3}}, steps, measured);
  CHECK(r.cost < 1e-6);
  CHECK(r.parameters[2] > 7);
  CHECK(r.parameters[2] < 8);
}

TEST_CASE("parameters that only act together are not identified") {
  const FitModel product = [](std::span<const double> p, std::span<double> times) {
    for (std::size_t i = 0; i < times.size(); ++i) times[i] = p[0] * p[1] * double(i + 1);
  };
  const FitResult r = fit_log_times({{0.01, 1000, 1}, {0.01, 1000, 1}}, product, line(0, 6, false));
  CHECK(r.unidentified.size() == 2);
}

TEST_CASE("the covariance is that of independent rows") {
  // Rows alternate between +10 and -10 %: a constant's logarithm has sd 1.4826 * 0.1 / sqrt(rows).
  std::vector<double> t;
  for (int i = 0; i < 100; ++i) t.push_back(7 * (i % 2 ? 1.1 : 1 / 1.1));
  const FitModel constant = [](std::span<const double> p, std::span<double> times) {
    for (double& time : times) time = p[0];
  };
  const FitResult r = fit_log_times({{0.1, 100, 1}}, constant, t);
  CHECK(std::sqrt(r.covariance.at(0)) == Approx(1.4826 * std::log(1.1) / 10).epsilon(0.01));
}

TEST_CASE("a linear parameter may end at nothing, and groups have their own") {
  // t = a + b x, of which the first half has b = 2 and the second b = 4; a is nothing.
  std::vector<double> measured;
  std::vector<int> groups;
  for (int x = 1; x <= 40; ++x) {
    groups.push_back(x > 20);
    measured.push_back((x > 20 ? 4.0 : 2.0) * x);
  }
  const FitModel lines = [&](std::span<const double> p, std::span<double> times) {
    for (std::size_t i = 0; i < times.size(); ++i)
      times[i] = p[0] + p[1 + static_cast<std::size_t>(groups[i])] * double(i + 1);
  };
  const auto own = [](int group) { return FitParameter{0, 100, 1, false, ActsOn::group, group, 0, true}; };
  const FitResult r = fit_log_times({{0, 100, 1, false, ActsOn::all_rows, -1, 0, true}, own(0), own(1)},
                                    lines, measured, {.starts = 1, .tolerance = 1e-9}, groups);
  CHECK(r.parameters[0] == Approx(0).margin(1e-3));
  CHECK(r.parameters[1] == Approx(2).epsilon(1e-3));
  CHECK(r.parameters[2] == Approx(4).epsilon(1e-3));
}
