// A text with another in place of the first that it holds of some words.
#pragma once
#include <catch2/catch.hpp>
#include <string>

namespace aifsim {

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace aifsim
