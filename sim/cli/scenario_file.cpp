#include "cli/scenario_file.hpp"

namespace aifsim {

std::filesystem::path scenario_file(const Catalog& catalog, const std::string& given) {
  std::error_code error;
  if (std::filesystem::exists(given, error) && !std::filesystem::is_directory(given, error)) return given;
  return catalog.path(CatalogKind::scenario, given);
}

}  // namespace aifsim
