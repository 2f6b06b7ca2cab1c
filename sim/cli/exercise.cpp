// aifsim exercise list | start | check | rank: exercises for a class.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/atomic_folder.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/output_width.hpp"
#include "exercise/class_list.hpp"
#include "exercise/page.hpp"
#include "experiment/workers.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct ExerciseOptions {
  std::string exercise, folder, class_file;
  std::uint64_t seed = 1;
  bool json = false, key = false, hints = false;
};

void list_exercises(const Catalog& catalog, const ExerciseOptions& options) {
  TextTable table({{"exercise", true}, {"minutes"}, {"title", true}});
  Json all = Json::array();
  for (const CatalogEntry& entry : catalog.entries(CatalogKind::exercise)) {
    const ExerciseDescription exercise = catalog.exercise(entry.file.string());
    table.row({entry.name, std::to_string(exercise.minutes), exercise.title});
    all.push_back({{"name", entry.name},
                   {"title", exercise.title},
                   {"minutes", exercise.minutes},
                   {"goals", exercise.goals},
                   {"variants", count_variants(exercise)},
                   {"file", entry.file.string()}});
  }
  std::cout << (options.json ? all.dump(2) + "\n" : table.str(output_width()));
}

void start(const Catalog& catalog, const ExerciseOptions& options) {
  const std::string named = exercise_named(catalog, options.exercise, Place{"N"});
  const bool by_path = named.find('/') != std::string::npos || is_description_file(named);
  const ExerciseVariant variant =
      variant_of(catalog, by_path ? fs::absolute(named).lexically_normal().string() : named, options.seed);
  const fs::path folder = options.folder.empty() ? fs::path(variant.exercise.name) : fs::path(options.folder);
  std::error_code none;
  if (fs::exists(folder, none) && !(fs::is_directory(folder, none) && fs::is_empty(folder, none)))
    throw InputError(Place{folder.string()},
                     "is there already, and stays as it is; name another folder behind "
                     "the exercise, or go on in this one");
  std::vector<std::pair<std::string, std::string>> files = scenario_files(variant);
  files.emplace_back(page_file, exercise_page(variant));
  files.emplace_back(answers_file, answers_sheet(variant));
  std::vector<std::string> names;
  for (const auto& [name, content] : files) names.push_back(name);
  write_folder(folder, files, names);
  std::cout << fmt::format(
      "{}, about {} minutes, seed {}.\nRead {}, fill in {}, then: aifsim exercise check {}\n",
      variant.exercise.title, variant.exercise.minutes, variant.seed, (folder / page_file).string(),
      (folder / answers_file).string(), folder.string());
}

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::right:
      return "right";
    case Verdict::wrong:
      return "wrong";
    case Verdict::open:
      return "not answered";
    case Verdict::told:
      return "for your teacher";
  }
  return "";
}

Json marks_json(const Marks& marks) {
  Json list = Json::array();
  for (const Mark& mark : marks.marks)
    list.push_back(
        {{"question", mark.question}, {"verdict", word_of(mark.verdict)}, {"remark", mark.remark}});
  return {{"exercise", marks.exercise},
          {"seed", marks.seed},
          {"right", marks.count(Verdict::right)},
          {"questions", marks.marks.size()},
          {"score", marks.score ? Json(*marks.score) : Json(nullptr)},
          {"marks", list}};
}

std::string summary(const Marks& marks) {
  const std::size_t texts = marks.count(Verdict::told), open = marks.count(Verdict::open);
  const std::size_t judged = marks.marks.size() - texts;
  return fmt::format("{} of {} right{}{}", marks.count(Verdict::right), judged,
                     texts > 0 ? fmt::format(", {} for your teacher", texts) : "",
                     open > 0 ? fmt::format(", {} not answered", open) : "");
}

void check_answers(const Catalog& catalog, const ExerciseOptions& options) {
  const fs::path folder(options.folder);  // "": this one
  const GivenExercise given = given_exercise(catalog, folder);
  if (options.key) {
    ExerciseValues values(catalog, given.variant, folder, AIFSIM_VERSION);
    try {
      std::cout << answers_key(given.variant, values);
    } catch (const NotMade& missing) {
      throw CannotAnswer(missing.what());
    } catch (const NoAnswer& missing) {
      throw CannotAnswer(missing.what());
    }
    return;
  }
  Marks marks = mark(catalog, given, folder, AIFSIM_VERSION);
  if (options.hints)
    for (std::size_t i = 0; i < marks.marks.size(); ++i)
      if (Mark& mark = marks.marks[i]; mark.verdict == Verdict::open && mark.remark.empty())
        mark.remark = given.variant.exercise.questions[i].hint;
  if (options.json) {
    std::cout << marks_json(marks).dump(2) << '\n';
  } else {
    std::cout << fmt::format("{}, seed {}\n", marks.title, marks.seed);
    TextTable table({{"", false}, {"", true}, {"", true}, {"", true}}, 2);
    for (std::size_t i = 0; i < marks.marks.size(); ++i)
      table.row({std::to_string(i + 1), marks.marks[i].question, word_of(marks.marks[i].verdict),
                 marks.marks[i].remark});
    std::cout << table.str(output_width()) << summary(marks) << '\n';
  }
  if (!marks.all_right()) throw AlreadyTold{exit_cannot_answer};
}

void rank(const Catalog& catalog, const ExerciseOptions& options) {
  const std::vector<ClassRow> rows = ranked_class(catalog, options.class_file, AIFSIM_VERSION);
  Json all = Json::array();
  TextTable table({{"rank"}, {"name", true}, {"score"}, {"right"}, {"exercise", true}, {"", true}}, 2);
  bool problems = false;
  for (const ClassRow& row : rows) {
    problems = problems || !row.problem.empty();
    const Marks& marks = row.marks;
    if (options.json) {
      Json one{{"name", row.student}, {"folder", row.folder}};
      one["rank"] = row.rank > 0 ? Json(row.rank) : Json(nullptr);
      one["problem"] = row.problem.empty() ? Json(nullptr) : Json(row.problem);
      one["marks"] = row.problem.empty() ? marks_json(marks) : Json(nullptr);
      all.push_back(std::move(one));
    } else if (!row.problem.empty()) {
      table.row({"", row.student, "", "", "", row.problem});
    } else {
      table.row(
          {std::to_string(row.rank), row.student, marks.score_text,
           fmt::format("{}/{}", marks.count(Verdict::right), marks.marks.size() - marks.count(Verdict::told)),
           marks.exercise,
           fmt::format("seed {}{}{}", marks.seed, row.remark.empty() ? "" : "; ", row.remark)});
    }
  }
  std::cout << (options.json ? all.dump(2) + "\n" : table.str(output_width()));
  if (problems) throw AlreadyTold{exit_cannot_answer};
}

// Ctrl-C ends the command as a shell expects.
template <class Work>
void interruptible(const Work& work) {
  try {
    work();
  } catch (const Interrupted& interrupt) {
    throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};
  }
}

}  // namespace

void register_exercise(const Command& app, const Context& context) {
  const Command command =
      app.add_subcommand("exercise", "Exercises for a class: read, run, answer, and have it marked");
  command->require_subcommand();
  auto options = std::make_shared<ExerciseOptions>();

  const Command all = command->add_subcommand("list", "The exercises that there are");
  all->add_flag("--json", options->json, "Print JSON");
  all->footer("Example:\n  aifsim exercise list");
  all->callback([options, &context] { list_exercises(context.catalog(), *options); });

  const Command begin = command->add_subcommand("start", "Write an exercise into a folder of its own");
  begin->add_option("N", options->exercise, "Its number or name; or the path of one of your own")
      ->required()
      ->type_name("EXERCISE");
  begin->add_option("FOLDER", options->folder, "Folder to make (default: the exercise's name)")
      ->type_name("DIR");
  begin->add_option("--seed", options->seed, "Draws its numbers, so that neighbours get others (default 1)");
  begin->footer("Example:\n  aifsim exercise start 1 --seed 7");
  begin->callback([options, &context] { start(context.catalog(), *options); });

  const Command check = command->add_subcommand("check", "Mark the answers in a folder");
  check->add_option("FOLDER", options->folder, "Folder of a started exercise (default: this one)")
      ->type_name("DIR");
  const Option hints = check->add_flag("--hints", options->hints, "Hints also for what is not answered yet");
  const Option json = check->add_flag("--json", options->json, "Print JSON");
  check->add_flag("--key", options->key, "Print the teacher's key: answers.yaml with what is right, and why")
      ->excludes(json)
      ->excludes(hints);
  check->footer(
      "Exit code: 0 all right, 1 something is wrong or missing, 2 a mistake in the files.\n"
      "Examples:\n  aifsim exercise check\n  aifsim exercise check 01-ring-against-tree --key");
  check->callback(
      [options, &context] { interruptible([&] { check_answers(context.catalog(), *options); }); });

  const Command ranking =
      command->add_subcommand("rank", "Mark the folders of a class; contests are ranked by score");
  ranking
      ->add_option("CLASS", options->class_file, "CSV table with the columns name and folder, relative to it")
      ->required()
      ->type_name("FILE");
  ranking->add_flag("--json", options->json, "Print JSON");
  ranking->footer("Example:\n  aifsim exercise rank class.csv");
  ranking->callback([options, &context] { interruptible([&] { rank(context.catalog(), *options); }); });

  command->footer("Example:\n  aifsim exercise start 1 --seed 7");
}

}  // namespace aifsim
