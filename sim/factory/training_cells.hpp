// Values of the table of training runs, each alone: what no row may say, whatever else stands in it.
#pragma once
#include <string>
#include <string_view>

namespace aifsim {

// "must be a whole number of at least 1, found \"-4\""; "" where nothing is wrong with it.
std::string fault_of_training_cell(std::string_view column, const std::string& value);

}  // namespace aifsim
