// Entries of the catalogue as the command line names them: by name, or by the path of a file.
#pragma once
#include <string>

#include "catalog/catalog.hpp"

namespace aifsim {

// Reads the whole entry: InputError when it is not sound.
std::string title_of(const Catalog& catalog, CatalogKind kind, const std::string& name);

}  // namespace aifsim
