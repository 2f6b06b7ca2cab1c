// What the ways into the catalogue share: a file of one kind, read as far as its problems allow.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catalog/fields.hpp"
#include "catalog/hf_config.hpp"

namespace aifsim::catalog {

// What is wrong in a file, and the rows of its figures.
struct FileFindings {
  std::vector<Problem> problems;
  std::vector<FigureRow> rows;
};

template <class T>
struct Read {
  T description;
  std::vector<Problem> problems;
  std::vector<FigureRow> rows;
  std::size_t clashes = 0;  // of the problems, as the reader counts them
};

// Values of a description that are right each alone and do not go together: of a sweep, a point that has no answer.
class Clash : public InputError {
 public:
  using InputError::InputError;
};

[[noreturn]] inline void refuse(std::vector<Problem> problems, bool clash) {
  if (clash) throw Clash(std::move(problems));
  throw InputError(std::move(problems));
}

inline void append(std::vector<Problem>& into, const std::vector<Problem>& more) {
  into.insert(into.end(), more.begin(), more.end());
}

// In reading order: the main file first, included ones after it; each problem once.
std::vector<Problem> sorted(std::vector<Problem> problems, const std::string& main_file);
// Why a name stands for no file, or nothing.
std::optional<Problem> unknown_name(const SearchPath& search, CatalogKind kind, std::string_view name,
                                    const Place& asked_at);

template <class T>
Read<T> read_document(Document document, const std::filesystem::path& file,
                      const TrainingDescription* base_training = nullptr,
                      std::vector<std::string> swept_training = {}) {
  if (auto problem = hugging_face_config(document.root)) return {{}, {std::move(*problem)}, {}, 0};
  Reader reader;
  reader.problems = std::move(document.problems);
  reader.base_training = base_training;
  reader.swept_training = std::move(swept_training);
  Read<T> result;
  read_object(reader, document.root, result.description);
  result.description.name = file.stem().string();
  result.problems = std::move(reader.problems);
  result.rows = std::move(reader.rows);
  result.clashes = reader.clashes;
  return result;
}

template <class T>
T checked(Read<T> result, const std::filesystem::path& file) {
  if (result.problems.empty()) return std::move(result.description);
  const bool clash = result.clashes == result.problems.size();
  refuse(sorted(std::move(result.problems), file.string()), clash);
}

}  // namespace aifsim::catalog
