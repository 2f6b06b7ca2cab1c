#include "base/statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace aifsim {
namespace {

TEST_CASE("statistics of a small sample") {
  const std::vector<double> sample{4, 1, 3, 2};
  CHECK(mean(sample) == 2.5);
  CHECK(median(sample) == 2.5);
  CHECK(quantile(sample, 0) == 1);
  CHECK(quantile(sample, 1) == 4);
  CHECK(quantile(sample, 0.9) == Approx(3.7));  // as numpy.quantile
  CHECK(standard_deviation(sample) == Approx(1.2909944));
  CHECK(median(std::vector<double>{5}) == 5);
}

TEST_CASE("an empty sample has no statistics") {
  CHECK(std::isnan(mean({})));
  CHECK(std::isnan(median({})));
  CHECK(std::isnan(standard_deviation(std::vector<double>{1})));
}

}  // namespace
}  // namespace aifsim
