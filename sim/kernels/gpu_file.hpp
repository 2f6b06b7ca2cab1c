// Writes fitted constants into the text of a GPU model file, and leaves the rest of it as it stands:
// comments, datasheet figures, constants that are not fitted.
#pragma once
#include <string>

#include "kernels/fit.hpp"

namespace aifsim {

// Lines of one family's block (keys and values of the fitted constants, `source`, `confidence`, `fit`),
// without indentation.
std::string block_lines(const Calibration& calibration, const FamilyFit& fit, const FitOptions& options);

// `text` with the blocks of all families that were fitted. A block that is not there is added.
std::string with_constants(const std::string& text, const Calibration& calibration,
                           const FitOptions& options);

}  // namespace aifsim
