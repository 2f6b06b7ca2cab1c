// What a student reads and fills in, and the teacher's key.
#pragma once
#include <string>

#include "exercise/marks.hpp"

namespace aifsim {

inline constexpr const char* page_file = "exercise.md";

// Goals, background, steps and questions, in Markdown.
std::string exercise_page(const ExerciseVariant& variant);
// answers.yaml with nothing filled in.
std::string answers_sheet(const ExerciseVariant& variant);
// The same with what is right, and why.
std::string answers_key(const ExerciseVariant& variant, ExerciseValues& values);

}  // namespace aifsim
