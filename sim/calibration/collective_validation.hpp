// Measured collectives against their predictions.
#pragma once
#include <istream>
#include <string>

#include "calibration/validation.hpp"
#include "catalog/catalog.hpp"

namespace aifsim {

// With the catalogue's constants. `by`: columns that group the rows.
Validation validate_collectives(const Catalog& catalog, std::istream& in, const std::string& name,
                                const std::string& by);
// Each group by constants fitted to the others, one platform after the other.
Validation validate_collectives_left_out(const Catalog& catalog, std::istream& in, const std::string& name,
                                         const std::string& by, const FitProgress& progress = {});

}  // namespace aifsim
