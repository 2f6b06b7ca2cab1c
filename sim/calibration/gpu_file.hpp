// The constants of a calibration or a transfer in the text of a GPU model file.
#pragma once
#include <string>

#include "calibration/kernel_fit.hpp"
#include "calibration/transfer.hpp"

namespace aifsim {

// `text` with the blocks of all families that were fitted. A block that is not there is added.
std::string with_constants(const std::string& text, const KernelCalibration& calibration,
                           const FitOptions& options);

// `text` with the blocks that were carried over.
std::string with_transfer(const std::string& text, const Transfer& transfer);

}  // namespace aifsim
