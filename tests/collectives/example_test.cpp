// The algorithm that docs/extending.md writes down (tests/docs/tests.cmake takes it from there), proved like the shipped ones.
#include <catch2/catch.hpp>

#include "collectives/proof.hpp"

namespace aifsim {

bool build_round_robin(Schedule& s);

TEST_CASE("the algorithm of the page on extending is a right one", "[collectives]") {
  for (std::int64_t ranks = 2; ranks <= 32; ++ranks) {
    Schedule schedule;
    schedule.kind = CollectiveKind::all_gather;
    schedule.group = {ranks, ranks % 4 == 0 ? 4 : 1};
    REQUIRE(build_round_robin(schedule));
    INFO(ranks << " ranks");
    CHECK(what_is_wrong(schedule) == "");
  }
  Schedule other;
  other.kind = CollectiveKind::all_reduce;
  other.group = {4, 4};
  CHECK_FALSE(build_round_robin(other));
}

}  // namespace aifsim
