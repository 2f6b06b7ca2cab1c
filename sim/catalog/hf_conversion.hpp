// What a Hugging Face config.json says, in the words of a workload.
#pragma once
#include <vector>

#include "catalog/document.hpp"

namespace aifsim::catalog {

// The text model of a file, which may stand inside.
const Node& text_model(const Node& root);

// Entries of a workload's `model`, or of its `network` where there are `blocks`; what is wrong is appended.
std::vector<Node::Entry> entries_of_config(const Node& root, std::vector<Problem>& problems);

}  // namespace aifsim::catalog
