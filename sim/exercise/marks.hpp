// A student's answers marked, and the answers that are right.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "exercise/values.hpp"

namespace aifsim {

// told: a text, which the teacher judges.
enum class Verdict { right, wrong, open, told };

struct Mark {
  std::string question;  // name
  Verdict verdict = Verdict::open;
  std::string remark;  // a hint, a rule that does not hold, what is missing; may be empty
};

struct Marks {
  std::string exercise, title;
  std::uint64_t seed = 0;
  std::vector<Mark> marks;
  std::optional<double> score;  // of a contest's valid entry
  std::string score_text;       // with its unit
  bool highest_wins = false;
  std::size_t count(Verdict verdict) const;
  bool all_right() const;  // and no text is missing
};

// The file in a student's folder.
inline constexpr const char* answers_file = "answers.yaml";

// With what the student wrote; InputError at its place in `answers.yaml` for what cannot be an answer.
struct GivenExercise {
  AnswersDescription answers;
  ExerciseVariant variant;
};
GivenExercise given_exercise(const Catalog& catalog, const std::filesystem::path& folder);

Marks mark(const Catalog& catalog, const GivenExercise& given, const std::filesystem::path& folder,
           const std::string& version);

// As a student would write it; "" for a text or an entry. `why`: what it is computed from.
struct RightAnswer {
  std::string text, why;
};
RightAnswer right_answer(const ExerciseQuestion& question, ExerciseValues& values);

// "a time such as 2.5us"; "" for a bare number.
std::string phrase_of(AnswerOf of);

}  // namespace aifsim
