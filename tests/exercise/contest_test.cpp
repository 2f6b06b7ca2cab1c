// The contest can be won with the numbers of every seed: some layout keeps within the smallest budget, for each machine and batch.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "exercise/page.hpp"
#include "report/scratch_folder.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

TEST_CASE("the layout contest has a valid entry for every machine, batch and budget") {
  const Catalog catalog{std::filesystem::path(test_root())};
  const std::string name = exercise_named(catalog, "11");
  std::set<std::string> machines, batches, budgets;
  for (std::uint64_t seed = 0; seed < count_variants(catalog.exercise(name)); ++seed) {
    const ExerciseVariant variant = variant_of(catalog, name, seed);
    machines.insert(variant.drawn.at("machine"));
    batches.insert(variant.drawn.at("batch"));
    budgets.insert(variant.drawn.at("budget"));
    if (variant.drawn.at("budget") != "32500") continue;  // the smallest: whoever has more can do the same
    INFO(numbers_text(variant.drawn));
    const ScratchFolder folder;
    std::string sheet = answers_sheet(variant);
    for (const auto& [decision, value] : std::map<std::string, std::string>{
             {"gpus", "128"}, {"tensor_parallel", "4"}, {"recompute", "none"}}) {
      const std::size_t at = sheet.find("\n  " + decision + ": ") + decision.size() + 5;
      REQUIRE(at > decision.size() + 5);
      sheet.replace(at, sheet.find_first_of(" \n", at) - at, value);
    }
    std::ofstream(folder.path() / answers_file) << sheet;
    const Marks marks = mark(catalog, given_exercise(catalog, folder.path()), folder.path(), "test");
    INFO(marks.marks.at(0).remark);
    CHECK(marks.marks.at(0).verdict == Verdict::right);
    CHECK(marks.score.value_or(0) > 0);
  }
  CHECK(machines.size() == 2);
  CHECK(batches.size() == 3);
  CHECK(*budgets.begin() == "32500");
}

}  // namespace
}  // namespace aifsim
