// The exercise whose answers come from the student's own machine, on what one machine has measured.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "exercise/page.hpp"
#include "report/scratch_folder.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

TEST_CASE("an exercise on the student's own measurements is open until they are there, and then marked") {
  const Catalog catalog{fs::path(test_root())};
  const std::string name = exercise_named(catalog, "12");
  for (const std::uint64_t seed : {1, 2, 3}) {
    INFO("seed " << seed);
    const ExerciseVariant variant = variant_of(catalog, name, seed);
    const ScratchFolder scratch;
    const fs::path& folder = scratch.path();
    const auto marks = [&] { return mark(catalog, given_exercise(catalog, folder), folder, "test"); };

    std::string sheet = answers_sheet(variant);
    const std::string question = "\n  ridge:\n";
    sheet.replace(sheet.find(question), question.size(), "\n  ridge: 3\n");
    std::ofstream(folder / answers_file) << sheet;
    CHECK(marks().count(Verdict::open) == variant.exercise.questions.size());
    CHECK_THAT(marks().marks[1].remark, Catch::Contains("gpu_models/laptop.yaml is not there yet"));

    fs::copy(fs::path(test_root()) / "tests/exercise/data/laptop", folder, fs::copy_options::recursive);
    ExerciseValues values(catalog, variant, folder, "test");
    std::ofstream(folder / answers_file) << answers_key(variant, values);
    const Marks right = marks();
    CHECK(right.all_right());
    CHECK(right.count(Verdict::told) == 1);
  }
  CHECK(variant_of(catalog, name, 1).drawn != variant_of(catalog, name, 2).drawn);
}

}  // namespace
}  // namespace aifsim
