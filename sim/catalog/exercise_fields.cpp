#include "catalog/exercise_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {

template <>
struct WordsOf<AnswerOf> {
  static constexpr auto list = std::to_array<std::string_view>(
      {"number", "time", "size", "data_rate", "work", "compute_rate", "power", "energy", "money", "carbon"});
};

namespace {

constexpr Limits kTolerance{.min = 0, .max = 0.5, .above_min = true, .ratio = true};
constexpr Limits kMinutes{.min = 1, .max = 240, .whole = true};
constexpr Limits kAnyGpus{.min = 1, .max = 1e7, .whole = true};

// Names stand in expressions and in ${NAME}.
template <class T>
Field<T> name_field(const char* doc) {
  Field<T> field = required("name", &T::name, doc);
  field.read = [](Reader& reader, const Node& node, T& out) {
    if (!reader.text(node, out.name)) return;
    const auto fits = [](unsigned char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
    };
    if (std::islower(static_cast<unsigned char>(out.name.front())) == 0 ||
        !std::all_of(out.name.begin(), out.name.end(), fits))
      reader.problem(node.place,
                     fmt::format("expected a small letter, then small letters, digits and _, found {}",
                                 quote(out.name)));
  };
  return field;
}

template <class T>
Field<T> values_field(std::vector<std::string> T::*member, const char* doc) {
  Field<T> field = required("values", member, doc);
  field.read = [member](Reader& reader, const Node& node, T& out) {
    std::vector<std::shared_ptr<const Node>> values;
    read_axis_values(reader, node, values, false);
    for (const auto& value : values) {
      if (!value->is_scalar()) {
        reader.problem(value->place, "expected a word or a number, found " + value->found());
        continue;
      }
      (out.*member).push_back(value->text);
    }
  };
  return field;
}

// Else two seeds could have the same numbers.
void check_distinct(Reader& reader, const Node& node, const std::vector<std::string>& values) {
  std::set<std::string> seen;
  for (const std::string& value : values)
    if (!seen.insert(value).second)
      reader.problem_in(node, "values", fmt::format("{} stands twice in this list", quote(value)));
}

}  // namespace

template <>
struct TableOf<ExerciseParameter> {
  static Table<ExerciseParameter> make() {
    using T = ExerciseParameter;
    return {
        {
            name_field<T>("Stands for its value as ${NAME} in texts and files, and as NAME in expressions."),
            values_field(&T::values,
                         "A list, or a range {from, to, times} or {from, to, step}; the seed "
                         "draws one."),
            optional_at("with", &T::with, &T::with_place, {},
                        "A parameter before this one, whose values it moves with: the first with the "
                        "first, and so on."),
        },
        [](Reader& reader, const Node& node, const T& one) {
          if (one.with.empty()) check_distinct(reader, node, one.values);
        }};
  }
};

template <>
struct TableOf<ExerciseDecision> {
  static Table<ExerciseDecision> make() {
    using T = ExerciseDecision;
    return {{
                name_field<T>("As a parameter's."),
                required("meaning", &T::meaning, "What it is, for the student."),
                values_field(&T::values, "What the student may choose from: a list or a range."),
                required_at("start", &T::start, &T::start_place, {}, "Its value in the files at the start."),
            },
            [](Reader& reader, const Node& node, const T& one) {
              check_distinct(reader, node, one.values);
              if (std::find(one.values.begin(), one.values.end(), one.start) == one.values.end())
                reader.problem_in(node, "start",
                                  fmt::format("expected one of the values, found {}", quote(one.start)));
            }};
  }
};

template <>
struct TableOf<ExerciseStep> {
  static Table<ExerciseStep> make() {
    using T = ExerciseStep;
    return {{
                required("text", &T::text, "What to do and what to look at."),
                optional("run", &T::run, "Commands that the student runs, in the exercise's folder."),
            },
            {}};
  }
};

template <>
struct TableOf<ExerciseValue> {
  static Table<ExerciseValue> make() {
    using T = ExerciseValue;
    return {{
                name_field<T>("What expressions call it."),
                optional_at("scenario", &T::scenario, &T::scenario_place, {},
                            "One of the exercise's files, which is simulated."),
                optional("own", &T::own,
                         "Whether scenario, or gpu or platform beside a figure, is a file that the student "
                         "has made: its path in "
                         "the exercise's folder."),
                optional("platform", &T::platform,
                         "With scenario: of the points on this platform. With figure: whose it is."),
                optional("variant", &T::variant, "Of the points with this variant, as result.json has it."),
                optional("job", &T::job, "Of the points of this job."),
                optional("gpus", &T::gpus, kAnyGpus, "Of the points on so many GPUs."),
                optional_at("metric", &T::metric, &T::metric_place, {},
                            "With scenario: path in a point of result.json (step_time_s, "
                            "time_goes.bubble_s), or answered: 1 where the point has an answer, else 0."),
                optional("gpu", &T::gpu, "With figure: the GPU model whose it is."),
                optional_at("figure", &T::figure, &T::figure_place, {},
                            "Path of a figure, as `aifsim show gpu NAME` prints it: peak.bf16."),
            },
            [](Reader& reader, const Node& node, const T& value) {
              if (value.scenario.empty() == value.figure.empty()) {
                reader.problem(node.place, fmt::format("expected one of scenario and figure, found {}",
                                                       value.scenario.empty() ? "none" : "both"));
                return;
              }
              if (!value.scenario.empty() && value.metric.empty())
                reader.missing_key(node, "metric", "Path in a point of result.json, such as step_time_s.");
              for (const char* key : {"variant", "job", "gpus", "metric"})
                if (!value.figure.empty() && node.find(key))
                  reader.problem_in(node, key, "belongs to a value of a scenario, this is a figure");
              if (!value.scenario.empty() && node.find("gpu"))
                reader.problem_in(node, "gpu", "belongs to a figure, this is a value of a scenario");
              if (!value.figure.empty() && value.gpu.empty() == value.platform.empty())
                reader.problem(node.place, "expected one of gpu and platform beside figure");
            }};
  }
};

template <>
struct TableOf<ExerciseNumber> {
  static Table<ExerciseNumber> make() {
    using T = ExerciseNumber;
    return {{
                required_at("answer", &T::answer, &T::answer_place, {},
                            "Arithmetic of values, parameters and numbers (1.5, 64KiB): + - * / ^, "
                            "comparisons, and, or, min, max, log2, sqrt, abs, ceil, floor, round."),
                optional("of", &T::of, "What the number is of; a student answers with a unit of it."),
                optional("tolerance", &T::tolerance, kTolerance, "Answers as near as this are right."),
            },
            {}};
  }
};

template <>
struct TableOf<ExerciseOption> {
  static Table<ExerciseOption> make() {
    using T = ExerciseOption;
    return {{
                required("text", &T::text, "What the student may choose."),
                required_at("when", &T::when, &T::when_place, {},
                            "The condition under which this is right; exactly one option's holds."),
            },
            {}};
  }
};

template <>
struct TableOf<ExerciseRule> {
  static Table<ExerciseRule> make() {
    using T = ExerciseRule;
    return {{
                required_at("rule", &T::rule, &T::rule_place, {}, "A condition that entries must fulfil."),
                required("otherwise", &T::otherwise, "What a student hears whose entry does not."),
            },
            {}};
  }
};

template <>
struct TableOf<ExerciseEntry> {
  static Table<ExerciseEntry> make() {
    using T = ExerciseEntry;
    return {
        {
            required_at("score", &T::score, &T::score_place, {}, "What entries are ranked by: arithmetic."),
            optional("of", &T::of, "What the score is of."),
            optional("highest", &T::highest, "Whether the highest score wins; else the lowest."),
            required("rules", &T::rules, "What entries must fulfil."),
        },
        {}};
  }
};

template <>
struct TableOf<ExerciseQuestion> {
  static Table<ExerciseQuestion> make() {
    using T = ExerciseQuestion;
    return {{
                name_field<T>("Key of the answer in answers.yaml."),
                required("ask", &T::ask, "The question."),
                part("number", &T::number, "Answered by a number."),
                optional("choice", &T::choice, "Answered by the letter of one of these."),
                optional("text", &T::text, "Answered by a text, which is asked for but not judged."),
                part("entry", &T::entry, "Answered by decisions, which are ranked."),
                optional("hint", &T::hint, "What a student hears whose answer is wrong."),
                required("key", &T::key, "For the teacher: why the answer is what it is."),
            },
            [](Reader& reader, const Node& node, const T& question) {
              const int forms = (question.number ? 1 : 0) + (question.choice.empty() ? 0 : 1) +
                                (question.text ? 1 : 0) + (question.entry ? 1 : 0);
              if (forms != 1)
                reader.problem(node.place,
                               fmt::format("expected one of number, choice, text and entry, found {}",
                                           forms == 0 ? "none" : "several"));
              if (question.choice.size() == 1 || question.choice.size() > 26)
                reader.problem_in(node, "choice", "expected 2 to 26 options");
              if (!question.text && question.hint.empty())
                reader.missing_key(node, "hint", "What a student hears whose answer is wrong.");
            }};
  }
};

namespace {

void check_names(Reader& reader, const Node& root, const ExerciseDescription& exercise) {
  std::set<std::string> names;
  const auto add = [&](const char* key, const auto& all) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!names.insert(all[i].name).second)
        reader.problem(root.find(key)->items[i].place_of("name"),
                       fmt::format("{}[{}].name: {} is called so already", key, i, quote(all[i].name)));
  };
  add("parameters", exercise.parameters);
  add("decisions", exercise.decisions);
  add("values", exercise.values);
  names.clear();
  add("questions", exercise.questions);
}

void check_exercise(Reader& reader, const Node& root, const ExerciseDescription& exercise) {
  check_names(reader, root, exercise);
  for (std::size_t i = 0; i < exercise.parameters.size(); ++i) {
    const ExerciseParameter& one = exercise.parameters[i];
    if (one.with.empty()) continue;
    const auto end = exercise.parameters.begin() + static_cast<std::ptrdiff_t>(i);
    const auto other = std::find_if(exercise.parameters.begin(), end,
                                    [&](const ExerciseParameter& p) { return p.name == one.with; });
    if (other == end || !other->with.empty())
      reader.problem(one.with_place,
                     "expected the name of a parameter before this one, which is drawn itself, found " +
                         quote(one.with));
    else if (other->values.size() != one.values.size())
      reader.problem(one.with_place, fmt::format("{} has {} values, this one {}", one.with,
                                                 other->values.size(), one.values.size()));
  }
  for (std::size_t i = 0; i < exercise.values.size(); ++i) {
    const ExerciseValue& value = exercise.values[i];
    const auto& files = exercise.files;
    if (!value.scenario.empty() && !value.own &&
        std::find(files.begin(), files.end(), value.scenario) == files.end())
      reader.problem(
          value.scenario_place,
          fmt::format("values[{}].scenario: expected one of the exercise's files, found {}{}", i,
                      quote(value.scenario),
                      suggestion(value.scenario, std::vector<std::string_view>(files.begin(), files.end()))));
  }
  for (std::size_t i = 0; i < exercise.files.size(); ++i)
    if (const std::string& file = exercise.files[i]; file.find('/') != std::string::npos ||
                                                     file.front() == '.' || file == "answers.yaml" ||
                                                     file == "exercise.md")
      reader.problem(
          exercise.file_places[i],
          fmt::format("files[{}]: expected a file's name beside this file, found {}", i, quote(file)));
  const bool decides = std::any_of(exercise.questions.begin(), exercise.questions.end(),
                                   [](const ExerciseQuestion& q) { return q.entry.has_value(); });
  if (decides == exercise.decisions.empty())
    reader.problem(root.place, "decisions and a question with an entry belong together");
}

// `exercise: 12`, whose keys are the exercise's own.
Field<AnswersDescription> given_field(const char* name, std::vector<GivenAnswer> AnswersDescription::*member,
                                      Place AnswersDescription::*place, const char* doc) {
  Field<AnswersDescription> field;
  field.property = {name, doc, false, "", "", false, {{.kind = Shape::Kind::paths}}};
  field.read = [member, place](Reader& reader, const Node& node, AnswersDescription& out) {
    if (place) out.*place = node.place;
    if (node.kind == Node::Kind::null || !reader.expect_map(node)) return;
    for (const Node::Entry& entry : node.entries) {
      const Reader::Step step(reader, entry.key);
      GivenAnswer answer{entry.key, "", entry.value.kind != Node::Kind::null,
                         entry.value.kind == Node::Kind::null ? entry.place : entry.value.place};
      if (answer.given && !reader.text(entry.value, answer.text)) continue;
      (out.*member).push_back(std::move(answer));
    }
  };
  return field;
}

}  // namespace

Table<ExerciseDescription> TableOf<ExerciseDescription>::make() {
  using T = ExerciseDescription;
  Field<T> files = required_at("files", &T::files, &T::file_places, {},
                               "Files beside this one that the student gets, with the variant's numbers.");
  files.property.required = false;
  return {{
              kind_field<T>({"exercise"}, nullptr, "The kind of this file."),
              required("title", &T::title, "Name for people."),
              required("minutes", &T::minutes, kMinutes, "What a student needs."),
              required("goals", &T::goals, "What a student can do afterwards."),
              required("background", &T::background, "A page to read first."),
              optional("parameters", &T::parameters, "Numbers that differ from seed to seed."),
              optional("decisions", &T::decisions, "What the student decides, in a contest."),
              std::move(files),
              required("steps", &T::steps, "What the student does."),
              optional("values", &T::values, "What questions speak of: metrics of points, and figures."),
              required("questions", &T::questions, "What the student answers."),
          },
          check_exercise};
}

Table<AnswersDescription> TableOf<AnswersDescription>::make() {
  using T = AnswersDescription;
  return {{
              kind_field<T>({"answers"}, nullptr, "The kind of this file."),
              required_at("exercise", &T::exercise, &T::exercise_place, {}, "Which exercise is answered."),
              required("seed", &T::seed, "Whose numbers."),
              given_field("numbers", &T::numbers, &T::numbers_place, "The numbers of this seed."),
              given_field("decisions", &T::decisions, nullptr, "Of a contest."),
              given_field("answers", &T::answers, nullptr, "One for each question."),
          },
          {}};
}

}  // namespace aifsim::catalog
