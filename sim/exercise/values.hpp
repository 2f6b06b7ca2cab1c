// What the expressions of an exercise speak of, simulated when it is first asked for.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "exercise/variant.hpp"

namespace aifsim {

// The point that a value names has no answer: it does not fit in memory, say.
class NoAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
// The student has not made the file that a value names.
class NotMade : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ExerciseValues {
 public:
  // `own`: the student's folder; scenarios of the variant run in one of their own, so that nothing in it counts.
  ExerciseValues(const Catalog& catalog, const ExerciseVariant& variant, std::filesystem::path own,
                 std::string version);
  ~ExerciseValues();
  ExerciseValues(const ExerciseValues&) = delete;
  ExerciseValues& operator=(const ExerciseValues&) = delete;

  // Of an expression. InputError where the exercise is wrong; NoAnswer, NotMade.
  double operator()(const std::string& expression, const Place& place);

 private:
  class Runs;
  double named(const std::string& name, const Place& place);
  double simulated(const ExerciseValue& value);
  double figure(const ExerciseValue& value);

  const Catalog& catalog_;
  const ExerciseVariant& variant_;
  ExerciseNumbers numbers_;
  std::map<std::string, double> known_;
  std::unique_ptr<Runs> runs_;
};

// What is wrong with the expressions and the files of an exercise, nothing simulated.
std::vector<Problem> problems_of_exercise(const Catalog& catalog, const std::filesystem::path& file);

}  // namespace aifsim
