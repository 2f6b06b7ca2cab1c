#include "exercise/class_list.hpp"

#include <algorithm>
#include <tuple>

#include "base/csv.hpp"
#include "base/user_file.hpp"

namespace aifsim {
namespace {

// Smaller is better; equal ones share a rank.
using Standing = std::tuple<bool, bool, double, std::ptrdiff_t>;
Standing standing(const ClassRow& row) {
  const double score = row.marks.score ? *row.marks.score * (row.marks.highest_wins ? -1 : 1) : 0;
  return {!row.problem.empty(), !row.marks.score, score,
          -static_cast<std::ptrdiff_t>(row.marks.count(Verdict::right))};
}

}  // namespace

std::vector<ClassRow> ranked_class(const Catalog& catalog, const std::filesystem::path& file,
                                   const std::string& version) {
  const UserFile table = UserFile::open(file, "a CSV table with the columns name and folder");
  const auto stream = table.stream();
  CsvReader csv(*stream, table.name());
  csv.require({"name", "folder"});
  std::vector<ClassRow> rows;
  while (csv.next()) {
    ClassRow row;
    row.student = csv.cell("name");
    row.folder = csv.cell("folder");
    if (row.student.empty() || row.folder.empty())
      throw InputError(csv.place(row.student.empty() ? "name" : "folder"), "expected a text, found none");
    const std::filesystem::path folder = file.parent_path() / row.folder;
    try {
      const GivenExercise given = given_exercise(catalog, folder);
      row.marks = mark(catalog, given, folder, version);
      for (std::size_t i = 0; i < row.marks.marks.size(); ++i)
        if (given.variant.exercise.questions[i].entry && !row.marks.score)
          row.remark = row.marks.marks[i].remark;
    } catch (const InputError& error) {
      row.problem = error.problems().front().str();
    }
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ClassRow& a, const ClassRow& b) { return standing(a) < standing(b); });
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].problem.empty())
      rows[i].rank = i > 0 && standing(rows[i]) == standing(rows[i - 1]) ? rows[i - 1].rank : i + 1;
  return rows;
}

}  // namespace aifsim
