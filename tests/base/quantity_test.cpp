#include "base/quantity.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

namespace aifsim {
namespace {

double value(const char* text, Dimension dimension) {
  const ParsedQuantity parsed = parse_quantity(text, dimension);
  INFO(text << ": " << parsed.error);
  CHECK(parsed.error.empty());
  return parsed.value;
}

std::string error(const char* text, Dimension dimension) { return parse_quantity(text, dimension).error; }

TEST_CASE("quantities are read exactly") {
  CHECK(value("400Gbps", Dimension::data_rate) == 50e9);
  CHECK(value("50GB/s", Dimension::data_rate) == 50e9);
  CHECK(value("50 GB/s", Dimension::data_rate) == 50e9);
  CHECK(value("2.5us", Dimension::time) == 2.5e-6);
  CHECK(value("0.7us", Dimension::time) == 0.7e-6);
  CHECK(value("2.5\u00b5s", Dimension::time) == 2.5e-6);
  CHECK(value("2min", Dimension::time) == 120);
  CHECK(value("80GiB", Dimension::size) == 80.0 * 1024 * 1024 * 1024);
  CHECK(value("80GB", Dimension::size) == 80e9);
  CHECK(value("700W", Dimension::power) == 700);
  CHECK(value("989TFLOPS", Dimension::compute_rate) == 989e12);
  CHECK(value("6TFLOP", Dimension::work) == 6e12);
  CHECK(value("1.4GHz", Dimension::frequency) == 1.4e9);
  CHECK(value("2kWh", Dimension::energy) == 7.2e6);
  CHECK(value("-3ms", Dimension::time) == -0.003);
  CHECK(value("15T", Dimension::tokens) == 15e12);
  CHECK(value("300000", Dimension::tokens) == 300000);
  CHECK(value("240MEUR", Dimension::money) == 240e6);
  CHECK(value("0.36EUR/kWh", Dimension::energy_price) == 1e-7);
  CHECK(value("360EUR/MWh", Dimension::energy_price) == 1e-7);
  CHECK(value("3.6gCO2e/kWh", Dimension::carbon_intensity) == 1e-6);
  CHECK(value("3.6kg/MWh", Dimension::carbon_intensity) == 1e-6);
  CHECK(value("2.5tCO2e", Dimension::carbon) == 2.5e6);
  CHECK(value("1e3GB", Dimension::size) == 1e12);
}

TEST_CASE("wrong quantities say what was expected and what was found") {
  CHECK(error("64", Dimension::size) == "expected a size such as 80GiB or 64GB, found \"64\" without a unit");
  CHECK(error("64GiB", Dimension::data_rate) ==
        "expected a data rate such as 400Gbps or 50GB/s, found \"64GiB\", which is a size");
  CHECK(
      error("64Gib", Dimension::size) ==
      "expected a size such as 80GiB or 64GB, found \"64Gib\": unknown unit \"Gib\", did you mean \"GiB\"?");
  for (const char* text : {"", " ", "GiB", "inf GiB", "nanGiB", ".infGiB", "-", "--1GiB", "0x10GiB",
                           "1,000GiB", "1e999GiB", "1e308GiB", "64GiB ", " 64GiB", "64  GiB"}) {
    INFO(text);
    CHECK_FALSE(error(text, Dimension::size).empty());
  }
}

TEST_CASE("quantities print for people") {
  CHECK(print(Bytes{80.0 * 1024 * 1024 * 1024}) == "80GiB");
  CHECK(print(BytesPerSecond{12.5e9}) == "12.5GB/s");
  CHECK(print(Seconds{0.8658}) == "865.8ms");
  CHECK(print(Seconds{0.99999e-3}) == "1ms");
  CHECK(print(Seconds{0}) == "0s");
  CHECK(print(Tokens{15e12}) == "15T");
  CHECK(print(Tokens{0}) == "0");
  CHECK(print(Euros{240e6}) == "240MEUR");
  CHECK(print(Seconds{4321}) == "4321s");
  CHECK(print(Watts{2.3e6}) == "2.3MW");
  CHECK(print(FlopsPerSecond{989e12}) == "989TFLOPS");
  CHECK(print(Bytes{-2048}) == "-2KiB");
}

TEST_CASE("what is printed reads back within its four digits") {
  const bool held = rc::check([] {
    const auto dimension = static_cast<Dimension>(*rc::gen::inRange(0, 8));
    const double mantissa = 1 + *rc::gen::inRange(0, 9'000'000) / 1e6;
    const double original = mantissa * std::pow(10.0, *rc::gen::inRange(-9, 15));
    const ParsedQuantity back = parse_quantity(print_quantity(original, dimension), dimension);
    RC_ASSERT(back.error.empty());
    RC_ASSERT(std::abs(back.value / original - 1) < 5.1e-4);
  });
  CHECK(held);
}

TEST_CASE("every unit that is offered is accepted, and belongs to one dimension") {
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      for (std::string_view unit : units_of(static_cast<Dimension>(i))) {
        INFO(unit << " as dimension " << j);
        CHECK(parse_quantity("1" + std::string(unit), static_cast<Dimension>(j)).error.empty() == (i == j));
      }
    }
  }
}

}  // namespace
}  // namespace aifsim
