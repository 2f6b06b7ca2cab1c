// The naive control of training runs: constant MFU, the median MFU of the other groups' rows with the same
// GPU family and precision; MFU = model FLOPs per second / dense peak.
#pragma once
#include <optional>

#include "factory/training_table.hpp"
#include "report/validation.hpp"

namespace aifsim {

// `predicted[i]` belongs to `rows[i]` (NaN where it has no prediction, then `unsupported[i]` says why).
Validation validate(const std::vector<MeasuredRow>& rows, const std::vector<double>& predicted,
                    const std::vector<std::string>& unsupported,
                    const std::vector<std::optional<MemoryCheck>>& memory = {});

}  // namespace aifsim
