// What Hugging Face's transformers makes of a config.json, by `model_type`: which keys count, what a missing one
// means, and what the family fixes. Source: the configuration_*.py and modeling_*.py of transformers 4.57.
#pragma once
#include <span>
#include <string_view>

namespace aifsim::catalog {

// Lists of words, and of `key=value`, by spaces.
struct HfFamily {
  std::string_view types;
  std::string_view fixed;      // keys of a `model:` block
  std::string_view keys;       // that count, beside those of every family
  std::string_view missing;    // values of keys that a file may lack
  std::string_view only = "";  // keys that may have one value
};
std::span<const HfFamily> hf_families();

// Keys that change neither time nor memory, and those that do when they are something else than a value.
bool hf_harmless(std::string_view key);
bool hf_of_other_part(std::string_view key);           // beside a text_config
std::string_view hf_only_value(std::string_view key);  // "" where any goes
bool hf_activation(std::string_view word);             // an element-wise function

// Whether a list of words has one; the value of `key=value` in one.
bool has_word(std::string_view list, std::string_view word);
std::string_view value_in(std::string_view list, std::string_view key);

}  // namespace aifsim::catalog
