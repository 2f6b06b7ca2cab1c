#include "exercise/marks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/nearest_word.hpp"
#include "base/quantity.hpp"
#include "base/quote.hpp"
#include "catalog/read_exercise.hpp"
#include "exercise/expression.hpp"

namespace aifsim {
namespace {

std::optional<Dimension> dimension_of(AnswerOf of) {
  switch (of) {
    case AnswerOf::number:
      break;
    case AnswerOf::time:
      return Dimension::time;
    case AnswerOf::size:
      return Dimension::size;
    case AnswerOf::data_rate:
      return Dimension::data_rate;
    case AnswerOf::work:
      return Dimension::work;
    case AnswerOf::compute_rate:
      return Dimension::compute_rate;
    case AnswerOf::power:
      return Dimension::power;
    case AnswerOf::energy:
      return Dimension::energy;
    case AnswerOf::money:
      return Dimension::money;
    case AnswerOf::carbon:
      return Dimension::carbon;
  }
  return std::nullopt;
}

std::string text_of(double value, AnswerOf of) {
  const auto dimension = dimension_of(of);
  return dimension ? print_quantity(value, *dimension) : fmt::format("{:.4g}", value);
}

// Of what the student wrote; a problem where it is no such number.
std::optional<double> read_number(const GivenAnswer& answer, AnswerOf of, std::vector<Problem>& problems) {
  const auto dimension = dimension_of(of);
  if (dimension) {
    const ParsedQuantity parsed = parse_quantity(answer.text, *dimension);
    if (parsed.error.empty()) return parsed.value;
    problems.push_back({answer.place, fmt::format("answers.{}: {}", answer.name, parsed.error)});
    return std::nullopt;
  }
  const bool bare = answer.text.find_first_not_of("0123456789+-.eE%") == std::string::npos;
  const auto number = bare ? number_of(answer.text) : std::nullopt;
  if (!number)
    problems.push_back(
        {answer.place, fmt::format("answers.{}: expected a number such as 1.5 or 85%, found {}", answer.name,
                                   quote(answer.text))});
  return number;
}

// The option that a letter stands for.
std::optional<std::size_t> read_letter(const GivenAnswer& answer, std::size_t options,
                                       std::vector<Problem>& problems) {
  if (answer.text.size() == 1) {
    const int index = std::tolower(static_cast<unsigned char>(answer.text[0])) - 'a';
    if (index >= 0 && index < static_cast<int>(options)) return static_cast<std::size_t>(index);
  }
  problems.push_back(
      {answer.place,
       fmt::format("answers.{}: expected a letter from a to {}, found {}", answer.name,
                   static_cast<char>('a' + static_cast<int>(options) - 1), quote(answer.text))});
  return std::nullopt;
}

std::size_t right_option(const ExerciseQuestion& question, ExerciseValues& values) {
  std::vector<std::size_t> hold;
  for (std::size_t i = 0; i < question.choice.size(); ++i)
    if (values(question.choice[i].when, question.choice[i].when_place) != 0) hold.push_back(i);
  if (hold.size() != 1)
    throw InputError(
        question.place,
        fmt::format("question {}: exactly one option must be right, here {} are", quote(question.name),
                    hold.empty() ? std::string("none") : std::to_string(hold.size())));
  return hold.front();
}

bool near(double given, double right, double tolerance) {
  return std::abs(given - right) <= tolerance * std::abs(right) + 1e-12;
}

class Marking {
 public:
  Marking(const Catalog& catalog, const GivenExercise& given, const std::filesystem::path& folder,
          const std::string& version)
      : catalog_(catalog),
        given_(given),
        folder_(folder),
        version_(version),
        values_(catalog, given.variant, folder, version) {}

  Marks marks() {
    const ExerciseDescription& exercise = given_.variant.exercise;
    all_.exercise = given_.variant.name;
    all_.title = exercise.title;
    all_.seed = given_.variant.seed;
    for (const ExerciseQuestion& question : exercise.questions) {
      Mark mark{question.name, Verdict::open, ""};
      try {
        judge(question, mark);
      } catch (const NotMade& missing) {
        mark = {question.name, Verdict::open, missing.what()};
      } catch (const NoAnswer& none) {
        throw InputError(question.place,
                         fmt::format("question {}: a point that it speaks of has no answer: {}",
                                     quote(question.name), none.what()));
      }
      all_.marks.push_back(std::move(mark));
    }
    if (!problems_.empty()) throw InputError(std::move(problems_));
    return std::move(all_);
  }

 private:
  const GivenAnswer* answer_to(const ExerciseQuestion& question) const {
    for (const GivenAnswer& answer : given_.answers.answers)
      if (answer.name == question.name && answer.given) return &answer;
    return nullptr;
  }

  void judge(const ExerciseQuestion& question, Mark& mark) {
    if (question.entry) return judge_entry(question, mark);
    const GivenAnswer* answer = answer_to(question);
    if (!answer) return;
    bool right = false;
    if (question.text) {
      mark.verdict = Verdict::told;
      return;
    }
    if (question.number) {
      const auto number = read_number(*answer, question.number->of, problems_);
      right = near(number.value_or(0), values_(question.number->answer, question.number->answer_place),
                   question.number->tolerance);
    } else {
      right = read_letter(*answer, question.choice.size(), problems_) == right_option(question, values_);
    }
    mark.verdict = right ? Verdict::right : Verdict::wrong;
    if (!right) mark.remark = question.hint;
  }

  // What the student decided, put into the files and simulated.
  void judge_entry(const ExerciseQuestion& question, Mark& mark) {
    ExerciseNumbers decided;
    for (const GivenAnswer& decision : given_.answers.decisions)
      if (decision.given) decided[decision.name] = decision.text;
    const std::vector<ExerciseDecision>& asked = given_.variant.exercise.decisions;
    for (const ExerciseDecision& one : asked)
      if (!decided.contains(one.name)) {
        mark.remark = fmt::format("decisions: {} is not filled in", one.name);
        return;
      }
    const ExerciseEntry& entry = *question.entry;
    const ExerciseVariant variant = variant_of(catalog_, given_.variant.name, given_.variant.seed,
                                               given_.answers.exercise_place, decided);
    ExerciseValues values(catalog_, variant, folder_, version_);
    mark.verdict = Verdict::wrong;
    try {
      for (const ExerciseRule& rule : entry.rules)
        if (values(rule.rule, rule.rule_place) == 0) {
          mark.remark = rule.otherwise;
          return;
        }
      all_.score = values(entry.score, entry.score_place);
    } catch (const NoAnswer& none) {
      mark.remark = fmt::format("this has no answer: {}", none.what());
      return;
    }
    mark.verdict = Verdict::right;
    all_.highest_wins = entry.highest;
    all_.score_text = text_of(*all_.score, entry.of);
    mark.remark = "your score: " + all_.score_text;
  }

  const Catalog& catalog_;
  const GivenExercise& given_;
  const std::filesystem::path& folder_;
  const std::string& version_;
  ExerciseValues values_;
  std::vector<Problem> problems_;
  Marks all_;
};

// Keys of the student's file that the exercise does not have, and numbers of another version.
std::vector<Problem> foreign_keys(const AnswersDescription& answers, const ExerciseVariant& variant) {
  std::vector<Problem> problems;
  const auto refuse = [&](const std::vector<GivenAnswer>& given, const char* what, const auto& known) {
    std::vector<std::string_view> names;
    for (const auto& one : known) names.push_back(one.name);
    for (const GivenAnswer& one : given)
      if (std::find(names.begin(), names.end(), one.name) == names.end())
        problems.push_back({one.place, fmt::format("{}.{}: this exercise has no such key{}", what, one.name,
                                                   suggestion(one.name, names))});
  };
  refuse(answers.answers, "answers", variant.exercise.questions);
  refuse(answers.decisions, "decisions", variant.exercise.decisions);
  for (const GivenAnswer& one : answers.decisions)
    for (const ExerciseDecision& decision : variant.exercise.decisions)
      if (one.given && one.name == decision.name &&
          std::find(decision.values.begin(), decision.values.end(), one.text) == decision.values.end())
        problems.push_back({one.place, fmt::format("decisions.{}: expected one of {}, found {}", one.name,
                                                   fmt::join(decision.values, ", "), quote(one.text))});
  ExerciseNumbers written;
  for (const GivenAnswer& one : answers.numbers) written[one.name] = one.text;
  if (written != variant.drawn)
    problems.push_back(
        {answers.numbers_place.file.empty() ? answers.place : answers.numbers_place,
         fmt::format("numbers: these are not the numbers of seed {}, {}; the line was changed, or "
                     "another version of aifsim has drawn them: start the exercise anew, in "
                     "another folder",
                     variant.seed, quote(numbers_text(variant.drawn), 200))});
  return problems;
}

}  // namespace

std::size_t Marks::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(marks.begin(), marks.end(), [&](const Mark& mark) { return mark.verdict == verdict; }));
}

bool Marks::all_right() const { return count(Verdict::right) + count(Verdict::told) == marks.size(); }

GivenExercise given_exercise(const Catalog& catalog, const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / answers_file;
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error)
    throw InputError(Place{folder.empty() ? "." : folder.string()},
                     fmt::format("holds no {}; `aifsim exercise start` writes one", answers_file));
  GivenExercise given;
  given.answers = read_answers(file);
  given.variant =
      variant_of(catalog, given.answers.exercise, given.answers.seed, given.answers.exercise_place);
  if (auto problems = foreign_keys(given.answers, given.variant); !problems.empty())
    throw InputError(std::move(problems));
  return given;
}

Marks mark(const Catalog& catalog, const GivenExercise& given, const std::filesystem::path& folder,
           const std::string& version) {
  return Marking(catalog, given, folder, version).marks();
}

RightAnswer right_answer(const ExerciseQuestion& question, ExerciseValues& values) {
  if (question.number)
    return {text_of(values(question.number->answer, question.number->answer_place), question.number->of),
            question.number->answer};
  if (!question.choice.empty()) {
    const std::size_t right = right_option(question, values);
    return {std::string(1, static_cast<char>('a' + static_cast<int>(right))), question.choice[right].when};
  }
  return {};
}

std::string phrase_of(AnswerOf of) {
  const auto dimension = dimension_of(of);
  return dimension ? phrase(*dimension) : "";
}

}  // namespace aifsim
