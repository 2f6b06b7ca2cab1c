// Catalogue files of a machine that was measured: the data sheet that `calibrate gpu` starts from, a platform
// whose links are what the collectives showed, and the measured training steps as workloads of a scenario.
#pragma once
#include <filesystem>
#include <string>

#include "cli/measure_run.hpp"

namespace aifsim {

// Writes FOLDER/gpu_models/NAME.yaml, platforms/NAME.yaml, workloads/NAME-step-*.yaml and
// scenarios/NAME-step-*.yaml, none where the file is there already, and returns those written. CannotAnswer
// where the rows do not tell a figure.
std::vector<std::filesystem::path> write_models(const Measured& measured, const std::string& name,
                                                const std::filesystem::path& folder, const std::string& date);

}  // namespace aifsim
