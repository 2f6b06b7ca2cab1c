// A Hugging Face config.json where a workload is expected: told as what it is, with the workload that it stands
// for as far as that can be expressed.
#pragma once
#include <optional>

#include "catalog/document.hpp"

namespace aifsim::catalog {

// The problem with such a file: what it is, and the keys of a workload file with its values; nothing for any other.
std::optional<Problem> hugging_face_config(const Node& root);

}  // namespace aifsim::catalog
