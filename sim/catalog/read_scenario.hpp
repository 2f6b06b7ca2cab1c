// Scenarios: read, with all that they name, at every point of their sweep.
#pragma once
#include <filesystem>

#include "catalog/read_document.hpp"

namespace aifsim {
class Catalog;
}

namespace aifsim::catalog {

// Names that it uses are followed as far as the scenario itself needs it.
Read<ScenarioDescription> read_scenario_alone(const Catalog& catalog, Document document,
                                              const std::filesystem::path& file);
// All names are followed, and every value that it sweeps is checked in the description that it changes.
Read<ScenarioDescription> read_scenario(const Catalog& catalog, Document document,
                                        const std::filesystem::path& file);

}  // namespace aifsim::catalog
