#include "catalog/read_document.hpp"

#include <algorithm>
#include <tuple>
#include <variant>

namespace aifsim::catalog {

std::vector<Problem> sorted(std::vector<Problem> problems, const std::string& main_file) {
  const auto key = [&](const Problem& p) {
    return std::tuple(p.place.file != main_file, p.place.file, p.place.line, p.place.column);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
  const auto same = [&](const Problem& a, const Problem& b) {
    return key(a) == key(b) && a.message == b.message;
  };
  problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
  return problems;
}

std::optional<Problem> unknown_name(const SearchPath& search, CatalogKind kind, std::string_view name,
                                    const Place& asked_at) {
  auto found = search.find(kind, name, asked_at);
  Problem* problem = std::get_if<Problem>(&found);
  if (!problem) return std::nullopt;
  if (kind == CatalogKind::workload)
    if (auto config = hugging_face_config_named(name, asked_at)) return config;
  return std::move(*problem);
}

}  // namespace aifsim::catalog
