// What may stand at a place of a file, as data: the JSON Schema is written from it.
#pragma once
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/quantity.hpp"
#include "catalog/figure.hpp"

namespace aifsim::catalog {

// Numbers that make sense, in SI units.
struct Limits {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;  // min itself is out
  bool below_max = false;  // max itself is out
  bool whole = false;
  bool ratio = false;                         // percentages are accepted
  std::optional<Confidence> confidence = {};  // of figures that this key implies, when the file says none

  bool contain(double value) const;
  std::string phrase() const;  // "above 0 and at most 1"
};

constexpr double kManyThings = 1e9;  // more of anything than a file of a machine or a workload can mean
inline constexpr Limits kPositive{.min = 0, .above_min = true};
inline constexpr Limits kNotNegative{.min = 0};
inline constexpr Limits kCount{.min = 1, .max = kManyThings, .whole = true};
inline constexpr Limits kCountOrZero{.min = 0, .max = kManyThings, .whole = true};
inline constexpr Limits kShare{.min = 0, .max = 1, .above_min = true, .ratio = true};      // (0, 1]
inline constexpr Limits kShareLost{.min = 0, .max = 1, .below_max = true, .ratio = true};  // [0, 1)
inline constexpr Limits kRatio{.min = 0, .max = 100, .ratio = true};

struct Shape;

struct Property {
  std::string name;
  std::string doc;
  bool required = true;
  std::string default_text;  // as written in YAML; "" = none
  std::string only_for;      // present only when the key `kind` of the same map has this word
  bool holds_figures = false;
  std::vector<Shape> shape;  // exactly one; a vector because Shape is incomplete here
};

struct Shape {
  enum class Kind {
    text,
    boolean,
    number,
    quantity,
    word,
    list,
    word_map,
    object,
    paths
  };  // paths: to values of any kind
  Kind kind = Kind::text;
  bool figure = false;  // may also be written {value, source, confidence}
  Limits limits = {};   // number, quantity
  Dimension dimension = Dimension::time;
  std::vector<std::string_view> words = {};  // word, word_map (its keys)
  std::vector<Shape> element = {};           // of list and word_map: exactly one
  std::vector<Property> properties = {};     // object
  bool all_optional = false;                 // object of which any part may be given
  bool distinct = false;                     // list without repetitions
};

}  // namespace aifsim::catalog
