#include "exercise/page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "base/text_table.hpp"

namespace aifsim {
namespace {

constexpr std::size_t page_width = 100;

char letter(std::size_t option) { return static_cast<char>('a' + static_cast<int>(option)); }

// In what form the answer is expected.
std::string form_of(const ExerciseQuestion& question) {
  if (question.text) return "A text, for your teacher.";
  if (question.entry) return "Judged by your decisions.";
  if (!question.number) return "One letter.";
  const std::string phrase = phrase_of(question.number->of);
  return fmt::format("{}; within {:.3g} % is right.", phrase.empty() ? "A number" : "A" + phrase.substr(1),
                     100 * question.number->tolerance);
}

std::string commented(const std::string& text) {
  std::istringstream lines(wrapped(text, page_width - 2));
  std::string out;
  for (std::string line; std::getline(lines, line);) out += "# " + line + '\n';
  return out;
}

std::string without_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// One line of YAML that reads as this text.
std::string scalar(const std::string& text) {
  std::string quoted = "'";
  for (const char c : without_end(text)) quoted += c == '\n' ? " " : c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

template <class Answer>
std::string sheet(const ExerciseVariant& variant, const std::string& head, const Answer& answer) {
  std::string out = head + fmt::format("kind: answers\nexercise: {}\nseed: {}\nnumbers: {}\n", variant.name,
                                       variant.seed, numbers_text(variant.drawn));
  if (!variant.exercise.decisions.empty()) out += "\ndecisions:\n";
  for (const ExerciseDecision& one : variant.exercise.decisions)
    out += fmt::format("  {}: {}   # {}: {}\n", one.name, one.start, without_end(one.meaning),
                       fmt::join(one.values, ", "));
  out += "\nanswers:\n";
  std::size_t number = 0;
  for (const ExerciseQuestion& question : variant.exercise.questions) {
    out += '\n' + commented(fmt::format("{}. {} {}", ++number, without_end(question.ask), form_of(question)));
    for (std::size_t i = 0; i < question.choice.size(); ++i)
      out += commented(fmt::format("   {}) {}", letter(i), question.choice[i].text));
    out += answer(question);
  }
  return out;
}

}  // namespace

std::string exercise_page(const ExerciseVariant& variant) {
  const ExerciseDescription& exercise = variant.exercise;
  std::string out = fmt::format("# {}\n\n{} minutes. Variant of seed {}.\n\nAfterwards you can\n\n",
                                exercise.title, exercise.minutes, variant.seed);
  for (const std::string& goal : exercise.goals) out += fmt::format("- {}\n", without_end(goal));
  out += fmt::format(
      "\n## Background\n\n{}\n\n## Steps\n\nRun the commands in this folder; `aifsim` stands for "
      "the script of that name in aifsim's own folder.\n\n",
      without_end(exercise.background));
  std::size_t number = 0;
  for (const ExerciseStep& step : exercise.steps) {
    out += fmt::format("{}. {}\n", ++number, without_end(step.text));
    if (step.run.empty()) continue;
    out += "\n   ```sh\n";
    for (const std::string& command : step.run) out += fmt::format("   {}\n", command);
    out += "   ```\n";
  }
  out += fmt::format(
      "\n## Questions\n\nWrite your answers into `{}`, then run\n\n```sh\naifsim exercise check\n```\n\n",
      answers_file);
  number = 0;
  for (const ExerciseQuestion& question : exercise.questions) {
    out += fmt::format("{}. **{}** {} {}\n", ++number, question.name, without_end(question.ask),
                       form_of(question));
    for (std::size_t i = 0; i < question.choice.size(); ++i)
      out += fmt::format("   - {}) {}\n", letter(i), question.choice[i].text);
  }
  return out;
}

std::string answers_sheet(const ExerciseVariant& variant) {
  return sheet(variant,
               commented(fmt::format("{}. Write your answers behind the colons, then: aifsim exercise check",
                                     variant.exercise.title)) +
                   commented("Leave the next four lines as they are: they say which numbers are yours."),
               [](const ExerciseQuestion& question) {
                 return question.entry ? std::string() : fmt::format("  {}:\n", question.name);
               });
}

std::string answers_key(const ExerciseVariant& variant, ExerciseValues& values) {
  return sheet(variant, commented(variant.exercise.title + ". The teacher's key."),
               [&](const ExerciseQuestion& question) {
                 const std::string key = without_end(question.key);
                 if (question.text) return fmt::format("  {}: {}\n", question.name, scalar(key));
                 std::string why = commented("Key: " + key);
                 if (question.entry) return why;
                 const RightAnswer right = right_answer(question, values);
                 return why + commented("Computed: " + right.why) +
                        fmt::format("  {}: {}\n", question.name, right.text);
               });
}

}  // namespace aifsim
