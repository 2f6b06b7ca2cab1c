// Models from a Hugging Face config.json: `model: {config: PATH}` in a workload.
//
// Each key of the file is used, or one that changes neither time nor memory, or an error with its place. A value that
// is null is none; a key that is missing has transformers' default of the family (hf_families.hpp). Of a model that
// has text_config beside other parts, that is the model.
#pragma once
#include <optional>
#include <string_view>

#include "catalog/document.hpp"

namespace aifsim::catalog {

// Puts what the file says in the place of `model: {config: PATH}` of a workload; keys beside `config` stand over it.
void expand_config(Node& workload, std::vector<Problem>& problems);

// A config.json where a file of ours is expected: what it is, and the workload that uses it; nothing for any other.
std::optional<Problem> hugging_face_config(const Node& root);

// The same for a file that is named where a workload is expected, by its path or its stem, relative to the file that
// names it.
std::optional<Problem> hugging_face_config_named(std::string_view name, const Place& asked_at);

}  // namespace aifsim::catalog
