// The tables of an exercise and of its answers: apart from the others, which nearly everything includes.
#pragma once
#include "catalog/exercise.hpp"
#include "catalog/field.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<ExerciseDescription> {
  static Table<ExerciseDescription> make();
};
template <>
struct TableOf<AnswersDescription> {
  static Table<AnswersDescription> make();
};

}  // namespace aifsim::catalog
