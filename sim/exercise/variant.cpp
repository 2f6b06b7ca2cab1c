#include "exercise/variant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

#include "base/quote.hpp"
#include "base/user_file.hpp"

namespace aifsim {
namespace {

constexpr std::uint64_t most_bytes = 1 << 20;
constexpr std::uint64_t most_variants = 1 << 30;

Place place_at(const std::string& text, std::size_t offset, const std::string& file) {
  const auto line_begin = text.rfind('\n', offset == 0 ? 0 : offset - 1);
  const std::size_t begin = line_begin == std::string::npos || offset == 0 ? 0 : line_begin + 1;
  return {file,
          1 + static_cast<int>(
                  std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n')),
          static_cast<int>(offset - begin) + 1};
}

}  // namespace

ExerciseNumbers ExerciseVariant::numbers() const {
  ExerciseNumbers all = drawn;
  all.insert(decided.begin(), decided.end());
  return all;
}

std::string numbers_text(const ExerciseNumbers& numbers) {
  std::string text;
  for (const auto& [name, value] : numbers)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
  return "{" + text + "}";
}

std::uint64_t count_variants(const ExerciseDescription& exercise) {
  std::uint64_t count = 1;
  for (const ExerciseParameter& one : exercise.parameters)
    if (one.with.empty()) count = std::min(count * one.values.size(), most_variants);
  return count;
}

// Seeds walk through all combinations by a step without a common divisor with their number, so that neighbours differ
// and none comes again before all were there; a step near the golden section of them keeps neighbours far apart.
ExerciseNumbers draw(const ExerciseDescription& exercise, std::uint64_t seed) {
  const std::uint64_t count = count_variants(exercise);
  auto step = static_cast<std::uint64_t>(0.6180339887 * static_cast<double>(count));
  step = std::max<std::uint64_t>(step, 1);
  while (std::gcd(step, count) != 1) ++step;
  std::uint64_t index = seed % count * step % count;
  ExerciseNumbers numbers;
  std::map<std::string, std::size_t> chosen;
  for (const ExerciseParameter& one : exercise.parameters) {
    std::size_t at = 0;
    if (one.with.empty()) {
      at = index % one.values.size();
      index /= one.values.size();
    } else {
      at = chosen[one.with];
    }
    chosen[one.name] = at;
    numbers[one.name] = one.values[at];
  }
  return numbers;
}

std::string exercise_named(const Catalog& catalog, const std::string& word, const Place& asked_at) {
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size() || word.empty()) return word;
  std::string known;
  for (const CatalogEntry& entry : catalog.entries(CatalogKind::exercise)) {
    int other = 0;
    const auto [after, none] =
        std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), other);
    if (none == std::errc() && other == number) return entry.name;
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  throw InputError(asked_at, fmt::format("there is no exercise {}; there are {}", quote(word),
                                         known.empty() ? "none" : known));
}

ExerciseVariant variant_of(const Catalog& catalog, const std::string& name, std::uint64_t seed,
                           const Place& asked_at, const ExerciseNumbers& decided) {
  ExerciseVariant variant;
  variant.name = name;
  variant.seed = seed;
  variant.file = catalog.path(CatalogKind::exercise, name, asked_at);
  const ExerciseDescription any = catalog.exercise(name, asked_at);
  variant.drawn = draw(any, seed);
  for (const ExerciseDecision& one : any.decisions) variant.decided[one.name] = one.start;
  for (const auto& [decision, value] : decided) variant.decided[decision] = value;
  variant.exercise = catalog.exercise(name, asked_at, variant.numbers());
  return variant;
}

std::vector<std::pair<std::string, std::string>> scenario_files(const ExerciseVariant& variant) {
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < variant.exercise.files.size(); ++i) {
    const std::string& name = variant.exercise.files[i];
    const std::filesystem::path file = variant.file.parent_path() / name;
    const std::string text =
        UserFile::open_regular(file, name, variant.exercise.file_places[i], most_bytes).text();
    files.emplace_back(
        name, with_numbers(text, variant.numbers(), [&](const std::string& word, std::size_t at) {
          problems.push_back({place_at(text, at, file.string()),
                              fmt::format("no parameter of the exercise is called {}", quote(word))});
        }));
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return files;
}

}  // namespace aifsim
