// Entries of the catalogue as the command line names them.
#pragma once
#include <filesystem>
#include <string>

#include "catalog/catalog.hpp"

namespace aifsim {

// The file of a catalogue name. A scenario may also be given as the path of its file, in any folder.
std::filesystem::path file_of(const Catalog& catalog, CatalogKind kind, const std::string& name);

// Reads the whole entry: InputError when it is not sound.
std::string title_of(const Catalog& catalog, CatalogKind kind, const std::string& name);

}  // namespace aifsim
