// Each shipped exercise with two seeds: other numbers, a key that is right, and an empty or a wrong sheet that is not.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "exercise/page.hpp"
#include "report/scratch_folder.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

void fill_in(const ScratchFolder& folder, const std::string& sheet) {
  std::ofstream(folder.path() / answers_file) << sheet;
}

Marks marks_of(const Catalog& catalog, const ScratchFolder& folder) {
  return mark(catalog, given_exercise(catalog, folder.path()), folder.path(), "test");
}

// What a student gets wrong: another letter, and a number far away.
std::string wrong_sheet(const ExerciseVariant& variant, ExerciseValues& values) {
  std::string sheet = answers_sheet(variant);
  for (const ExerciseQuestion& question : variant.exercise.questions) {
    if (question.entry || question.text) continue;
    const std::string right = right_answer(question, values).text;
    const std::string wrong = !question.choice.empty() ? (right == "a" ? "b" : "a") : "7" + right;
    const std::string key = "\n  " + question.name + ":\n";
    sheet.replace(sheet.find(key), key.size(), "\n  " + question.name + ": " + wrong + "\n");
  }
  return sheet;
}

// The one whose numbers come from the student's own machine stands in laptop_test.cpp.
bool measures(const ExerciseDescription& exercise) {
  for (const ExerciseValue& value : exercise.values)
    if (value.own) return true;
  return false;
}

TEST_CASE("each exercise: seeds differ, the key is right, an empty sheet is open, wrong answers are wrong") {
  const Catalog catalog{fs::path(test_root())};
  for (const CatalogEntry& entry : catalog.entries(CatalogKind::exercise)) {
    INFO(entry.name);
    CHECK(problems_of_exercise(catalog, entry.file).empty());
    if (measures(catalog.exercise(entry.name))) continue;
    CHECK(variant_of(catalog, entry.name, 1).drawn != variant_of(catalog, entry.name, 2).drawn);
    for (const std::uint64_t seed : {1, 2}) {
      INFO("seed " << seed);
      const ExerciseVariant variant = variant_of(catalog, entry.name, seed);
      const ScratchFolder folder;
      ExerciseValues values(catalog, variant, folder.path(), "test");

      fill_in(folder, answers_key(variant, values));
      const Marks right = marks_of(catalog, folder);
      for (const Mark& mark : right.marks) {
        INFO(mark.question << ": " << mark.remark);
        const bool contest = right.marks.size() > 0 && mark.question == "entry";
        if (!contest) CHECK((mark.verdict == Verdict::right || mark.verdict == Verdict::told));
      }

      fill_in(folder, wrong_sheet(variant, values));
      const Marks wrong = marks_of(catalog, folder);
      for (std::size_t i = 0; i < wrong.marks.size(); ++i) {
        const ExerciseQuestion& question = variant.exercise.questions[i];
        INFO(question.name);
        if (question.entry) continue;
        CHECK(wrong.marks[i].verdict == (question.text ? Verdict::open : Verdict::wrong));
        if (!question.text) CHECK(wrong.marks[i].remark == question.hint);
      }
      CHECK_FALSE(wrong.all_right());

      fill_in(folder, answers_sheet(variant));
      const Marks empty = marks_of(catalog, folder);
      CHECK(empty.count(Verdict::right) + empty.count(Verdict::open) + empty.count(Verdict::wrong) ==
            empty.marks.size());
      CHECK_FALSE(empty.all_right());

      // What a student reads holds the variant's numbers, and no name that was left.
      CHECK(exercise_page(variant).find("${") == std::string::npos);
      for (const auto& [name, content] : scenario_files(variant))
        CHECK(content.find("${") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace aifsim
