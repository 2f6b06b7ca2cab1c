#include "cli/choice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_word.hpp"
#include "catalog/catalog.hpp"

namespace aifsim {

Check choice(std::vector<std::string> words) {
  const std::string description = fmt::format("{{{}}}", fmt::join(words, ","));
  auto check = [words = std::move(words)](const std::string& word) -> std::string {
    if (std::find(words.begin(), words.end(), word) != words.end()) return "";
    const std::vector<std::string_view> known(words.begin(), words.end());
    return fmt::format("unknown word \"{}\"{}", word, suggestion(word, known));
  };
  return {std::move(check), description};
}

std::vector<std::string> kind_words() {
  std::vector<std::string> words;
  for (CatalogKind kind :
       {CatalogKind::platform, CatalogKind::gpu, CatalogKind::workload, CatalogKind::scenario}) {
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
