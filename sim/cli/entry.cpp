#include "cli/entry.hpp"

namespace aifsim {

namespace fs = std::filesystem;

fs::path file_of(const Catalog& catalog, CatalogKind kind, const std::string& name) {
  const fs::path path(name);
  const bool is_path = path.has_parent_path() || path.extension() == ".yaml";
  return kind == CatalogKind::scenario && is_path ? path : catalog.path(kind, name);
}

std::string title_of(const Catalog& catalog, CatalogKind kind, const std::string& name) {
  switch (kind) {
    case CatalogKind::platform:
      return catalog.platform(name).title;
    case CatalogKind::gpu:
      return catalog.gpu(name).title;
    case CatalogKind::workload:
      return catalog.workload(name).title;
    case CatalogKind::scenario:
      break;
  }
  return catalog.scenario(file_of(catalog, kind, name)).title;
}

}  // namespace aifsim
