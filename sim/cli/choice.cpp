#include "cli/choice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_word.hpp"
#include "catalog/catalog.hpp"
#include "catalog/synonyms.hpp"
#include "records/names.hpp"

namespace aifsim {

Check choice(std::vector<std::string> words, std::function<std::string(const std::string&)> synonym) {
  const std::string description = fmt::format("{{{}}}", fmt::join(words, ","));
  auto meaning = [words, synonym = std::move(synonym)](const std::string& word) -> std::string {
    const std::string plain = catalog::squeezed(word), other = synonym ? synonym(word) : "";
    for (const std::string& known : words)
      if (catalog::squeezed(known) == plain || known == other) return known;
    return "";
  };
  auto check = [words = std::move(words)](const std::string& word) -> std::string {
    if (std::find(words.begin(), words.end(), word) != words.end()) return "";
    const std::vector<std::string_view> known(words.begin(), words.end());
    return fmt::format("unknown word \"{}\"{}", word, suggestion(word, known));
  };
  return {std::move(check), description, std::move(meaning)};
}

std::string collective_synonym(const std::string& word) {
  return records::collective_word(word).value_or("");
}

std::vector<std::string> kind_words() {
  std::vector<std::string> words;
  for (CatalogKind kind : {CatalogKind::platform, CatalogKind::gpu, CatalogKind::workload,
                           CatalogKind::scenario, CatalogKind::stack, CatalogKind::exercise}) {
    words.push_back(name_of(kind));
  }
  return words;
}

std::vector<std::string> plural_kind_words() {
  std::vector<std::string> words = kind_words();
  for (std::string& word : words) word += 's';
  return words;
}

}  // namespace aifsim
