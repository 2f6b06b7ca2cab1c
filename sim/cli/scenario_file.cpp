#include "cli/scenario_file.hpp"

namespace aifsim {

std::filesystem::path scenario_file(const Catalog& catalog, const std::string& given) {
  std::error_code unreachable;  // then it is opened, which tells why it cannot be
  const bool there = std::filesystem::exists(given, unreachable);
  if (unreachable || (there && !std::filesystem::is_directory(given, unreachable))) return given;
  return catalog.path(CatalogKind::scenario, given);
}

}  // namespace aifsim
