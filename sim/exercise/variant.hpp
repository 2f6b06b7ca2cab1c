// An exercise with the numbers of a seed, and the files that a student gets of it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

struct ExerciseVariant {
  ExerciseDescription exercise;
  std::filesystem::path file;  // of the exercise
  std::string name;            // by which it is found again: of the catalogue, or a path
  std::uint64_t seed = 0;
  ExerciseNumbers drawn, decided;
  ExerciseNumbers numbers() const;  // both
};

// How many seeds go by until the first one's numbers come again.
std::uint64_t count_variants(const ExerciseDescription& exercise);
// {gpus: 64, size: 8KiB}
std::string numbers_text(const ExerciseNumbers& numbers);
ExerciseNumbers draw(const ExerciseDescription& exercise, std::uint64_t seed);

// `word`: "3" for the one whose name begins with 03, a name, or a path.
std::string exercise_named(const Catalog& catalog, const std::string& word, const Place& asked_at = {});
// Decisions that are not given are those of the start.
ExerciseVariant variant_of(const Catalog& catalog, const std::string& name, std::uint64_t seed,
                           const Place& asked_at = {}, const ExerciseNumbers& decided = {});

// Scenarios and what they use, with the numbers put in. InputError for a name that has none.
std::vector<std::pair<std::string, std::string>> scenario_files(const ExerciseVariant& variant);

}  // namespace aifsim
