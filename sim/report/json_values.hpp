// What may be missing, as JSON: null for a figure that is not known and for a text that is empty.
#pragma once
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace aifsim {

inline nlohmann::ordered_json number_or_null(double value) {
  return std::isnan(value) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
}
inline nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace aifsim
