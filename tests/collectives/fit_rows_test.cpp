// Large tables are bounded before they are fitted: evenly, block by block; small ones stay as they are.
#include "collectives/fit_rows.hpp"

#include <catch2/catch.hpp>

using namespace aifsim;

namespace {

std::vector<CollectiveRow> rows_of(std::size_t count, std::size_t groups) {
  std::vector<CollectiveRow> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    CollectiveQuery& q = rows[i].query;
    q.op = MeasuredOp::all_reduce;
    q.ranks = q.ranks_per_node = 8;
    q.bytes = Bytes{1e6 + static_cast<double>(i)};
    q.software = "nccl-2.27.3";
    rows[i].group = "g" + std::to_string(i % groups);
  }
  return rows;
}

}  // namespace

TEST_CASE("a table within bounds is taken whole, in order") {
  std::map<std::string, std::size_t> left_out;
  const std::vector<CollectiveRow> kept = rows_to_fit(rows_of(4'000, 40), left_out);
  REQUIRE(kept.size() == 4'000);
  CHECK(left_out.empty());
  CHECK(kept[3'999].query.bytes.value == 1e6 + 3'999);
  CHECK(kept[3'999].group == "g39");
}

TEST_CASE("a table beyond them is drawn from evenly, and says so; rare groups become one") {
  std::map<std::string, std::size_t> left_out;
  const std::vector<CollectiveRow> kept = rows_to_fit(rows_of(60'000, 300), left_out);
  CHECK(kept.size() == 4'000);
  REQUIRE(left_out.size() == 1);
  CHECK(left_out.begin()->second == 56'000);
  std::map<std::string, std::size_t> groups;
  double sum = 0;
  for (const CollectiveRow& row : kept) {
    ++groups[row.group];
    sum += row.query.bytes.value;
  }
  CHECK(groups.size() == 100);
  CHECK(groups.count("others") == 1);
  CHECK(sum / 4'000 - 1e6 == Approx(30'000).margin(1500));
}
