// Measured training runs against their predictions.
#pragma once
#include "calibration/fit_report.hpp"
#include "calibration/validation.hpp"
#include "factory/training_table.hpp"

namespace aifsim {

// With the catalogue's constants.
Validation validate_training(const std::vector<MeasuredRow>& rows, Fidelity fidelity,
                             const FitProgress& progress = {});
// `asked`: which question each row is a layout of. Picked are the quickest of those that are taken to fit in memory.
ChoiceSummary choice_of(const std::vector<std::string>& asked, const std::vector<ValidatedRow>& validated);
// Each group by constants fitted to the others, at level analytical.
Validation validate_training_left_out(const std::vector<MeasuredRow>& rows);

}  // namespace aifsim
