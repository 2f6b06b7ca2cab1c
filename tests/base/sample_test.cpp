// A sample is a bounded part in the same order, the same again, and no period of the rows shows in it.
#include "base/sample.hpp"

#include <catch2/catch.hpp>

using namespace aifsim;

TEST_CASE("samples") {
  std::vector<int> rows(100'000);
  std::iota(rows.begin(), rows.end(), 0);
  CHECK(sample_of(rows, 100'000) == rows);
  const std::vector<int> some = sample_of(rows, 10'000);
  CHECK(some.size() == 10'000);
  CHECK(std::is_sorted(some.begin(), some.end()));
  CHECK(std::adjacent_find(some.begin(), some.end()) == some.end());
  CHECK(some == sample_of(rows, 10'000));
  for (int period : {2, 5, 10}) {
    const auto first = std::count_if(some.begin(), some.end(), [=](int row) { return row % period == 0; });
    CHECK(std::abs(static_cast<double>(first) * period / 10'000 - 1) < 0.1);
  }
}
