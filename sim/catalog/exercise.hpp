// An exercise for a class: what a student reads, runs and answers (scenarios/exercises/NAME/exercise.yaml). Each
// seed draws other numbers for its parameters, which stand for ${NAME} in its texts and in the files that the student gets.
// Right answers are never written down: they are expressions of what aifsim says of those files.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace aifsim {

using ExerciseNumbers = std::map<std::string, std::string>;  // by parameter or decision, as YAML writes them

// Drawn by seed, unless it moves together `with` one that stands before it.
struct ExerciseParameter {
  std::string name, with;
  std::vector<std::string> values;
  Place place, with_place;
};

// What the student decides, in a contest. `start`: what the files say before.
struct ExerciseDecision {
  std::string name, meaning, start;
  std::vector<std::string> values;
  Place place, start_place;
};

struct ExerciseStep {
  std::string text;
  std::vector<std::string> run;  // commands
  Place place;
};

// What expressions may name: a metric of one point of a scenario, or a figure of the catalogue.
struct ExerciseValue {
  std::string name;
  std::string scenario;  // a file of the exercise, or of the student where it is `own`
  bool own = false;
  std::string platform, variant, job;  // which point; "" = any
  std::int64_t gpus = 0;               // 0 = any
  std::string metric;                  // path in a point of result.json, or "answered"
  std::string gpu, figure;             // figure of this GPU's file, or of `platform`'s
  Place place, scenario_place, metric_place, figure_place;
};

// What a number is of: it is answered with a unit of that, or as a bare number.
enum class AnswerOf { number, time, size, data_rate, work, compute_rate, power, energy, money, carbon };

struct ExerciseNumber {
  std::string answer;  // expression
  AnswerOf of = AnswerOf::number;
  double tolerance = 0.05;
  Place place, answer_place;
};

struct ExerciseOption {
  std::string text, when;
  Place place, when_place;
};

struct ExerciseRule {
  std::string rule, otherwise;  // a condition, and what to tell where it does not hold
  Place place, rule_place;
};

// The student's decisions, judged by rules and ranked by a score.
struct ExerciseEntry {
  std::string score;  // expression
  AnswerOf of = AnswerOf::number;
  bool highest = false;  // wins; else the lowest
  std::vector<ExerciseRule> rules;
  Place place, score_place;
};

// Of one form: number, choice, text or entry.
struct ExerciseQuestion {
  std::string name, ask, hint, key;
  std::optional<ExerciseNumber> number;
  std::vector<ExerciseOption> choice;
  bool text = false;
  std::optional<ExerciseEntry> entry;
  Place place;
};

struct ExerciseDescription {
  std::string name, title, background;
  std::int64_t minutes = 0;
  std::vector<std::string> goals, files;
  std::vector<Place> file_places;
  std::vector<ExerciseParameter> parameters;
  std::vector<ExerciseDecision> decisions;
  std::vector<ExerciseStep> steps;
  std::vector<ExerciseValue> values;
  std::vector<ExerciseQuestion> questions;
  Place place;
};

// What a student filled in.
struct GivenAnswer {
  std::string name, text;
  bool given = false;
  Place place;
};
struct AnswersDescription {
  std::string name;  // of its file
  std::string exercise;
  std::uint64_t seed = 0;
  std::vector<GivenAnswer> numbers, decisions, answers;
  Place place, exercise_place, numbers_place;
};

// With numbers in the place of ${NAME}; `missing` hears of each name that has none, and where it stands in the text.
template <class Missing>
std::string with_numbers(const std::string& text, const ExerciseNumbers& numbers, const Missing& missing) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at; (at = text.find("${", done)) != std::string::npos;) {
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) break;
    const std::string name = text.substr(at + 2, end - at - 2);
    out += text.substr(done, at - done);
    if (const auto found = numbers.find(name); found != numbers.end())
      out += found->second;
    else
      missing(name, at);
    done = end + 1;
  }
  return out + text.substr(done);
}

}  // namespace aifsim
