// What a stream that keeps its lines is told of long work, by a clock of the test's own.
#include "cli/progress.hpp"

#include <catch2/catch.hpp>

namespace aifsim {

TEST_CASE("short work is not told of, long work every half minute and at a new phase", "[cli]") {
  ProgressText text;
  CHECK_FALSE(text.line(0, 0, 10, "memory"));
  CHECK_FALSE(text.line(9, 4, 10, "memory"));
  CHECK_FALSE(text.line(12, 6, 10, "memory"));
  CHECK(text.line(30, 8, 10, "memory") == "aifsim: [8/10, about 8 s left] memory");
  CHECK_FALSE(text.line(40, 9, 10, "memory"));
  // Pieces of another kind, which say nothing of the time yet.
  CHECK(text.line(45, 0, 400, "layouts") == "aifsim: [0/400] layouts");
  CHECK_FALSE(text.line(60, 2, 400, "layouts"));
  CHECK(text.line(85, 4, 400, "layouts") == "aifsim: [4/400, about 66 min left] layouts");
  CHECK(text.text(90, 4, 400, "a\033[2J") == "[4/400, about 74 min left] a?[2J");
}

TEST_CASE("phases that follow quickly are one line", "[cli]") {
  ProgressText text;
  CHECK(text.line(31, 1, 2, "a"));
  CHECK_FALSE(text.line(32, 0, 3, "b"));
  CHECK_FALSE(text.line(33, 0, 4, "c"));
}

}  // namespace aifsim
