// Physical quantities as types, so that an interface cannot mix them up. SI base units inside:
// seconds, bytes, bytes per second, floating-point operations, FLOP/s, watts, joules, hertz, grams, euros.
#pragma once
#include <compare>

namespace aifsim {

template <class Tag>
struct Quantity {
  double value = 0;  // in the SI unit named by Tag

  constexpr Quantity() = default;
  constexpr explicit Quantity(double v) : value(v) {}

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return Quantity{-value}; }
  constexpr Quantity& operator+=(Quantity o) {
    value += o.value;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    value -= o.value;
    return *this;
  }
  constexpr Quantity& operator*=(double s) {
    value *= s;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.value - b.value}; }
  friend constexpr Quantity operator*(Quantity a, double s) { return Quantity{a.value * s}; }
  friend constexpr Quantity operator*(double s, Quantity a) { return Quantity{a.value * s}; }
  friend constexpr Quantity operator/(Quantity a, double s) { return Quantity{a.value / s}; }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
};

using Seconds = Quantity<struct SecondsTag>;
using Bytes = Quantity<struct BytesTag>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag>;
using Flops = Quantity<struct FlopsTag>;  // a count of floating-point operations
using FlopsPerSecond = Quantity<struct FlopsPerSecondTag>;
using Watts = Quantity<struct WattsTag>;
using Joules = Quantity<struct JoulesTag>;
using Hertz = Quantity<struct HertzTag>;
using Tokens = Quantity<struct TokensTag>;  // or samples, of what is no language model
using Euros = Quantity<struct EurosTag>;
using EurosPerJoule = Quantity<struct EurosPerJouleTag>;
using GramsCO2 = Quantity<struct GramsCO2Tag>;  // CO2 equivalents
using GramsPerJoule = Quantity<struct GramsPerJouleTag>;

constexpr Seconds operator/(Bytes b, BytesPerSecond r) { return Seconds{b.value / r.value}; }
constexpr Seconds operator/(Flops f, FlopsPerSecond r) { return Seconds{f.value / r.value}; }
constexpr BytesPerSecond operator/(Bytes b, Seconds t) { return BytesPerSecond{b.value / t.value}; }
constexpr FlopsPerSecond operator/(Flops f, Seconds t) { return FlopsPerSecond{f.value / t.value}; }
constexpr Bytes operator*(BytesPerSecond r, Seconds t) { return Bytes{r.value * t.value}; }
constexpr Joules operator*(Watts p, Seconds t) { return Joules{p.value * t.value}; }
constexpr Euros operator*(Joules e, EurosPerJoule p) { return Euros{e.value * p.value}; }
constexpr GramsCO2 operator*(Joules e, GramsPerJoule c) { return GramsCO2{e.value * c.value}; }

}  // namespace aifsim
