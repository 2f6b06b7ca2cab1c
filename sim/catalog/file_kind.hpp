// Files that are known by path alone, of any kind.
#pragma once
#include <filesystem>
#include <optional>

#include "catalog/catalog.hpp"

namespace aifsim {

// What its `kind:` key says; none where the file cannot be read as a description.
std::optional<CatalogKind> kind_of_file(const Catalog& catalog, const std::filesystem::path& file);

}  // namespace aifsim
