#include "exercise/variant.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "root.hpp"

namespace aifsim {
namespace {

ExerciseDescription with_lists(const std::vector<std::size_t>& sizes) {
  ExerciseDescription exercise;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ExerciseParameter one;
    one.name = "p" + std::to_string(i);
    for (std::size_t v = 0; v < sizes[i]; ++v) one.values.push_back(std::to_string(v));
    exercise.parameters.push_back(std::move(one));
  }
  return exercise;
}

TEST_CASE("all combinations come before one comes again, and neighbours differ") {
  for (const std::vector<std::size_t>& sizes :
       {std::vector<std::size_t>{3, 4, 2}, {2}, {5, 5}, {1, 1, 7}, {6, 4, 3, 2}}) {
    const ExerciseDescription exercise = with_lists(sizes);
    const std::uint64_t count = count_variants(exercise);
    std::set<ExerciseNumbers> seen;
    for (std::uint64_t seed = 0; seed < count; ++seed) seen.insert(draw(exercise, seed));
    CHECK(seen.size() == count);
    for (const std::uint64_t seed : {0ULL, 1ULL, 77ULL, 18446744073709551614ULL})
      if (count > 1) CHECK(draw(exercise, seed) != draw(exercise, seed + 1));
  }
}

TEST_CASE("a parameter moves with the one that it names") {
  ExerciseDescription exercise = with_lists({3, 4});
  exercise.parameters.push_back({"twin", "p1", {"a", "b", "c", "d"}, {}, {}});
  CHECK(count_variants(exercise) == 12);
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const ExerciseNumbers numbers = draw(exercise, seed);
    CHECK(numbers.at("twin")[0] - 'a' == numbers.at("p1")[0] - '0');
  }
}

TEST_CASE("numbers stand for names in texts, and an unknown name is heard of") {
  std::vector<std::string> unknown;
  const auto hear = [&](const std::string& name, std::size_t) { unknown.push_back(name); };
  CHECK(with_numbers("${a} of ${b}, ${a}", {{"a", "1"}, {"b", "x"}}, hear) == "1 of x, 1");
  CHECK(with_numbers("no names, $5 {a}", {{"a", "1"}}, hear) == "no names, $5 {a}");
  CHECK(unknown.empty());
  with_numbers("${c}", {{"a", "1"}}, hear);
  CHECK(unknown == std::vector<std::string>{"c"});
}

TEST_CASE("exercises are found by number, and the shipped ones have twelve numbers") {
  const Catalog catalog{std::filesystem::path(test_root())};
  const std::vector<CatalogEntry> all = catalog.entries(CatalogKind::exercise);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(exercise_named(catalog, std::to_string(i + 1)) == all[i].name);
    const ExerciseDescription exercise = catalog.exercise(all[i].name);
    INFO(all[i].name);
    CHECK(exercise.minutes >= 10);
    CHECK(exercise.minutes <= 20);
    CHECK(count_variants(exercise) >= 3);
  }
  CHECK_THROWS_WITH(exercise_named(catalog, "99"),
                    Catch::Contains("there is no exercise \"99\"; there are 01-"));
}

}  // namespace
}  // namespace aifsim
