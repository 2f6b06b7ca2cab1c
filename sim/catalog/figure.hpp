// A figure of the catalogue: a value that carries where it came from and how far it can be trusted.
#pragma once
#include <string>

#include "base/error.hpp"

namespace aifsim {

// From the surest to the least sure; written in YAML with these words.
enum class Confidence { measured, published, announced, derived, fitted, low, assumed };

template <class T>
struct Figure {
  T value{};
  std::string source;  // own, or inherited from the nearest enclosing map that gives one
  Confidence confidence = Confidence::assumed;
  Place place;

  bool given() const { return !place.file.empty(); }  // in a file, be it 0

  operator const T&() const { return value; }
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};

}  // namespace aifsim
