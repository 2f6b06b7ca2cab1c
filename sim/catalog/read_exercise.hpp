// An exercise with its numbers put in, and the file of a student's answers.
#pragma once
#include <filesystem>

#include "catalog/exercise.hpp"
#include "catalog/read_document.hpp"

namespace aifsim::catalog {

// Those that `numbers` leaves out are the first of their lists.
Read<ExerciseDescription> read_exercise(Document document, const std::filesystem::path& file,
                                        const ExerciseNumbers& numbers = {});

}  // namespace aifsim::catalog

namespace aifsim {

// InputError with all that is wrong in it.
AnswersDescription read_answers(const std::filesystem::path& file);

}  // namespace aifsim
