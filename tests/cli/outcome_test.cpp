#include "cli/outcome.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "base/error.hpp"

using namespace aifsim;

TEST_CASE("exceptions become messages and exit codes") {
  std::ostringstream errors;
  SECTION("nothing thrown") {
    CHECK(outcome_of([] {}, errors) == 0);
    CHECK(errors.str() == "");
  }
  SECTION("bad input: each problem on its line") {
    const std::vector<Problem> problems = {{{"a.yaml", 3, 5}, "one"}, {{"b.yaml", 0, 0}, "two"}};
    CHECK(outcome_of([&] { throw InputError(problems); }, errors) == 2);
    CHECK(errors.str() == "a.yaml:3:5: one\nb.yaml: two\n");
  }
  SECTION("no answer") {
    CHECK(outcome_of([] { throw CannotAnswer("does not fit"); }, errors) == 1);
    CHECK(errors.str() == "aifsim: no answer: does not fit\n");
  }
  SECTION("our bug") {
    CHECK(outcome_of([] { throw std::logic_error("never"); }, errors) == 70);
    CHECK_THAT(errors.str(), Catch::Contains("internal error: never") && Catch::Contains("Please report it"));
  }
}
