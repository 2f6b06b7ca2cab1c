// The tables of the report page: the points, and the inputs with source and confidence.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

void put_point_table(std::string& out, const Result& result);
void put_input_table(std::string& out, const Result& result);

}  // namespace aifsim
