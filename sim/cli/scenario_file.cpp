#include "cli/scenario_file.hpp"

#include <algorithm>

namespace aifsim {

std::filesystem::path scenario_file(const Catalog& catalog, const std::string& given) {
  const auto names = catalog.names(CatalogKind::scenario);
  std::error_code unreachable;  // then it is opened, which tells why it cannot be
  if (!std::filesystem::exists(given, unreachable) &&
      std::find(names.begin(), names.end(), given) != names.end())
    return catalog.path(CatalogKind::scenario, given);
  return given;
}

}  // namespace aifsim
