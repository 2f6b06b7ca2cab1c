#include "catalog/read_exercise.hpp"

#include <fmt/format.h>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/exercise_fields.hpp"

namespace aifsim::catalog {
namespace {

// What is wrong in these two is told when the whole is read.
ExerciseNumbers first_numbers(const Node& root) {
  Reader quiet;
  ExerciseDescription part;
  for (const Field<ExerciseDescription>& field : table<ExerciseDescription>().fields)
    if (const Node* node = root.find(field.property.name);
        node && (field.property.name == "parameters" || field.property.name == "decisions"))
      field.read(quiet, *node, part);
  ExerciseNumbers numbers;
  for (const ExerciseParameter& one : part.parameters)
    if (!one.values.empty()) numbers.emplace(one.name, one.values.front());
  for (const ExerciseDecision& one : part.decisions) numbers.emplace(one.name, one.start);
  return numbers;
}

void put_numbers(Node& node, const ExerciseNumbers& numbers, std::vector<Problem>& problems) {
  if (node.is_scalar()) {
    // Quotes around a ${NAME} alone are there for YAML, not to make it a text.
    if (node.text.starts_with("${") && node.text.find('}') + 1 == node.text.size()) node.quoted = false;
    node.text = with_numbers(node.text, numbers, [&](const std::string& name, std::size_t) {
      std::vector<std::string_view> known;
      for (const auto& [other, value] : numbers) known.push_back(other);
      problems.push_back(
          {node.place, fmt::format("no parameter is called {}{}", quote(name), suggestion(name, known))});
    });
  }
  for (Node& item : node.items) put_numbers(item, numbers, problems);
  for (Node::Entry& entry : node.entries) put_numbers(entry.value, numbers, problems);
}

}  // namespace

Read<ExerciseDescription> read_exercise(Document document, const std::filesystem::path& file,
                                        const ExerciseNumbers& numbers) {
  ExerciseNumbers all = first_numbers(document.root);
  for (const auto& [name, value] : numbers) all[name] = value;
  for (Node::Entry& entry : document.root.entries)
    if (entry.key != "parameters" && entry.key != "decisions")
      put_numbers(entry.value, all, document.problems);
  Read<ExerciseDescription> result = read_document<ExerciseDescription>(std::move(document), file);
  result.description.name = std::filesystem::absolute(file).parent_path().filename().string();
  return result;
}

}  // namespace aifsim::catalog

namespace aifsim {

AnswersDescription read_answers(const std::filesystem::path& file) {
  using namespace catalog;
  return checked(read_document<AnswersDescription>(load_document(file), file), file);
}

}  // namespace aifsim
