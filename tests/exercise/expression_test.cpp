#include "exercise/expression.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace aifsim {
namespace {

double value_of(const std::string& text) {
  return evaluate(text, Place{"e.yaml", 3, 5}, [](const std::string& name) -> double {
    if (name == "ranks") return 64;
    if (name == "order") return 7;
    throw InputError(Place{"e.yaml", 3, 5}, "no such name: " + name);
  });
}

std::string problem_of(const std::string& text) {
  try {
    value_of(text);
  } catch (const InputError& error) {
    return error.problems().front().str();
  }
  return "";
}

TEST_CASE("expressions follow the usual precedence") {
  CHECK(value_of("2 * (ranks - 1)") == 126);
  CHECK(value_of("1 + 2 * 3 ^ 2") == 19);
  CHECK(value_of("2 ^ 3 ^ 2") == 512);
  CHECK(value_of("-2 ^ 2") == -4);
  CHECK(value_of("7 - 2 - 1") == 4);
  CHECK(value_of("8 / 4 / 2") == 1);
  CHECK(value_of("max(1, ranks, 3) - min(2, 5)") == 62);
  CHECK(value_of("log2(ranks) + sqrt(16) + abs(0 - 3) + ceil(1.2) + floor(1.8) + round(1.5)") == 18);
}

TEST_CASE("comparisons and words give 1 or 0, and names may begin with a word") {
  CHECK(value_of("ranks > 63 and ranks <= 64") == 1);
  CHECK(value_of("ranks < 1 or order == 7") == 1);
  CHECK(value_of("1 == 2 or 3 != 3") == 0);
  CHECK(value_of("order + 1 >= 8") == 1);
}

TEST_CASE("numbers may carry a unit, and are in SI units then") {
  CHECK(value_of("64KiB / 1KiB") == 64);
  CHECK(value_of("8Gbps") == 1e9);
  CHECK(value_of("12.5%") == 0.125);
  CHECK(value_of("1.5e3 + 2us * 1e6") == 1502);
  CHECK(number_of("38us") == Approx(38e-6));
  CHECK_FALSE(number_of("ring").has_value());
  CHECK_FALSE(number_of("3 apples").has_value());
}

TEST_CASE("what is no expression is told at its place, with what was found") {
  CHECK(problem_of("2 * (ranks") == "e.yaml:3:5: expected \")\" in \"2 * (ranks\", found its end");
  CHECK(problem_of("2 ranks") == "e.yaml:3:5: expected an operator in \"2 ranks\", found \"ranks\"");
  CHECK(problem_of("") == "e.yaml:3:5: expected a number, a name or \"(\" in \"\", found its end");
  CHECK(problem_of("* 3") == "e.yaml:3:5: expected a number, a name or \"(\" in \"* 3\", found \"* 3\"");
  CHECK(problem_of("sqr(4)") == "e.yaml:3:5: no function is called \"sqr\", did you mean \"sqrt\"?");
  CHECK(problem_of("sqrt(4, 5)") == "e.yaml:3:5: sqrt takes one argument, found 2 in \"sqrt(4, 5)\"");
  CHECK_THAT(problem_of("3parsecs"), Catch::Contains("expected a number, with a unit if it has one"));
  CHECK_THAT(problem_of(std::string(500, '(') + "1"), Catch::Contains("fewer brackets"));
}

}  // namespace
}  // namespace aifsim
