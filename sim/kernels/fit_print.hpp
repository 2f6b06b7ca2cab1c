// A calibration for people and for programs.
#pragma once
#include <string>

#include "kernels/fit.hpp"

namespace aifsim {

std::string print_table(const Calibration& calibration, std::size_t width = 0);  // folded; 0 = no limit
std::string print_json(const Calibration& calibration, const FitOptions& options);

}  // namespace aifsim
