#include "cli/entry.hpp"

namespace aifsim {

std::string title_of(const Catalog& catalog, CatalogKind kind, const std::string& name) {
  switch (kind) {
    case CatalogKind::platform:
      return catalog.partitions(name).front().machine_title;
    case CatalogKind::gpu:
      return catalog.gpu(name).title;
    case CatalogKind::workload:
      return catalog.workload(name).title;
    case CatalogKind::stack:
      return catalog.stack(name).title;
    case CatalogKind::exercise:
      return catalog.exercise(name).title;
    case CatalogKind::scenario:
      break;
  }
  return catalog.scenario(catalog.path(kind, name)).title;
}

}  // namespace aifsim
