// Parts of descriptions as a file would say them.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

// In double quotes, as YAML reads it back.
std::string yaml_quoted(const std::string& text);

// In one line.
std::string yaml_of(const catalog::Node& value);

// Keys and values of the map at a path (settings.hpp) of a file; none where there is no map.
std::vector<std::pair<std::string, std::string>> entries_at(const Catalog& catalog,
                                                            const std::filesystem::path& file,
                                                            const Settings& settings,
                                                            const std::string& path);

}  // namespace aifsim
