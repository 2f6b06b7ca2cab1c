// The constants of fits in the text of platform and stack files.
#pragma once
#include <string>

#include "calibration/collective_fit.hpp"
#include "calibration/training_fit.hpp"

namespace aifsim {

// The fitted blocks, and those that the platform had, as a file that the platform's includes.
std::string collectives_file(const CollectiveCalibration& calibration, const FitOptions& options);

// `text` of a platform with its clock, its neighbours and the errors of the fit; of a stack with its constants.
std::string with_training(const std::string& text, const PlatformFit& platform, const FitOptions& options,
                          const TrainingCalibration& calibration);
std::string with_stack(const std::string& text, const TrainingCalibration& calibration,
                       const FitOptions& options);

}  // namespace aifsim
