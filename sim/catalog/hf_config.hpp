// A Hugging Face config.json where a workload is expected: told as what it is, with the workload that it stands
// for as far as that can be expressed.
#pragma once
#include <optional>
#include <string_view>

#include "catalog/document.hpp"

namespace aifsim::catalog {

// The problem with such a file: what it is, and the keys of a workload file with its values; nothing for any other.
std::optional<Problem> hugging_face_config(const Node& root);

// The same for a file that is named where a workload is expected, by its path or its stem, relative to the file that
// names it.
std::optional<Problem> hugging_face_config_named(std::string_view name, const Place& asked_at);

}  // namespace aifsim::catalog
