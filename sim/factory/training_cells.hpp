// Values of the table of training runs, each alone: how words are read, and what no row may say, whatever else stands
// in it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/workload.hpp"

namespace aifsim {

inline constexpr std::int64_t kMostOfTable = 10'000'000;  // of GPUs, layers, ...: more is beyond all sense

std::optional<bool> yes_or_no(std::string_view word);                            // True and 1, too
std::optional<std::vector<RecomputeModule>> modules_in(std::string_view words);  // "layernorm+moe_act"

// "must be a whole number of at least 1, found \"-4\""; "" where nothing is wrong with it.
std::string fault_of_training_cell(std::string_view column, const std::string& value);

}  // namespace aifsim
