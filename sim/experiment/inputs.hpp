// The figures that an answer rests on, as their files say them.
#pragma once
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "experiment/result.hpp"

namespace aifsim {

// Those of one description, unless they are there.
void add_inputs(std::vector<InputFigure>& inputs, const Catalog& catalog, CatalogKind kind,
                const std::string& label, const std::string& name, const Place& asked_at);

}  // namespace aifsim
