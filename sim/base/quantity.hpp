// Quantities as text: "400Gbps", "2.5us", "80 GiB", "989TFLOPS". Reading is strict: a unit is needed, its
// spelling counts (b is a bit, B a byte), and it must be of the kind asked for.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/units.hpp"

namespace aifsim {

enum class Dimension {
  time,
  size,
  data_rate,
  work,
  compute_rate,
  power,
  energy,
  frequency,
  tokens,
  money,
  energy_price,
  carbon,
  carbon_intensity,
};
inline constexpr std::size_t dimension_count = 13;

template <class Q>
struct DimensionOf;
template <>
struct DimensionOf<Seconds> {
  static constexpr Dimension value = Dimension::time;
};
template <>
struct DimensionOf<Bytes> {
  static constexpr Dimension value = Dimension::size;
};
template <>
struct DimensionOf<BytesPerSecond> {
  static constexpr Dimension value = Dimension::data_rate;
};
template <>
struct DimensionOf<Flops> {
  static constexpr Dimension value = Dimension::work;
};
template <>
struct DimensionOf<FlopsPerSecond> {
  static constexpr Dimension value = Dimension::compute_rate;
};
template <>
struct DimensionOf<Watts> {
  static constexpr Dimension value = Dimension::power;
};
template <>
struct DimensionOf<Joules> {
  static constexpr Dimension value = Dimension::energy;
};
template <>
struct DimensionOf<Hertz> {
  static constexpr Dimension value = Dimension::frequency;
};
template <>
struct DimensionOf<Tokens> {
  static constexpr Dimension value = Dimension::tokens;
};
template <>
struct DimensionOf<Euros> {
  static constexpr Dimension value = Dimension::money;
};
template <>
struct DimensionOf<EurosPerJoule> {
  static constexpr Dimension value = Dimension::energy_price;
};
template <>
struct DimensionOf<GramsCO2> {
  static constexpr Dimension value = Dimension::carbon;
};
template <>
struct DimensionOf<GramsPerJoule> {
  static constexpr Dimension value = Dimension::carbon_intensity;
};

const char* phrase(Dimension dimension);  // "a data rate such as 400Gbps or 50GB/s"
// Accepted units, smallest first.
std::span<const std::string_view> units_of(Dimension dimension);

struct ParsedQuantity {
  double value = 0;   // in the SI unit of the dimension
  std::string error;  // empty when the text is right; else what was expected and what was found
};
ParsedQuantity parse_quantity(std::string_view text, Dimension dimension);

// For people: four significant digits in the unit that keeps the number between 1 and 1000 ("12.5GB/s").
std::string print_quantity(double value, Dimension dimension);
template <class Tag>
std::string print(Quantity<Tag> quantity) {
  return print_quantity(quantity.value, DimensionOf<Quantity<Tag>>::value);
}

}  // namespace aifsim
