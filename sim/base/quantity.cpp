#include "base/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

// One unit is `times / per` SI units. Small units divide, since 2.5 / 1e6 rounds correctly and 2.5 * 1e-6 may
// not.
struct Unit {
  std::string_view name;
  double times = 1, per = 1;
  bool printed = true;  // one of the units that print_quantity chooses from
};

constexpr double kKi = 1024.0, kMi = kKi * kKi, kGi = kMi * kKi, kTi = kGi * kKi, kPi = kTi * kKi;

struct DimensionTable {
  const char* phrase;
  const char* noun;
  std::vector<Unit> units;  // ascending among the printed ones
};

const std::array<DimensionTable, dimension_count>& tables() {
  static const std::array<DimensionTable, dimension_count> all{{
      {"a time such as 2.5us or 3s",
       "a time",
       {{"ps", 1, 1e12},
        {"ns", 1, 1e9},
        {"us", 1, 1e6},
        {"\u00b5s", 1, 1e6, false},
        {"ms", 1, 1e3},
        {"s"},
        {"min", 60, 1, false},
        {"h", 3600, 1, false},
        {"d", 86400, 1, false}}},
      {"a size such as 80GiB or 64GB",
       "a size",
       {{"B"},
        {"KiB", kKi},
        {"MiB", kMi},
        {"GiB", kGi},
        {"TiB", kTi},
        {"PiB", kPi},
        {"kB", 1e3, 1, false},
        {"KB", 1e3, 1, false},
        {"MB", 1e6, 1, false},
        {"GB", 1e9, 1, false},
        {"TB", 1e12, 1, false},
        {"PB", 1e15, 1, false}}},
      {"a data rate such as 400Gbps or 50GB/s",
       "a data rate",
       {{"B/s"},
        {"kB/s", 1e3},
        {"MB/s", 1e6},
        {"GB/s", 1e9},
        {"TB/s", 1e12},
        {"PB/s", 1e15},
        {"KB/s", 1e3, 1, false},
        {"KiB/s", kKi, 1, false},
        {"MiB/s", kMi, 1, false},
        {"GiB/s", kGi, 1, false},
        {"TiB/s", kTi, 1, false},
        {"bps", 1, 8, false},
        {"kbps", 1e3, 8, false},
        {"Mbps", 1e6, 8, false},
        {"Gbps", 1e9, 8, false},
        {"Tbps", 1e12, 8, false},
        {"Mb/s", 1e6, 8, false},
        {"Gb/s", 1e9, 8, false},
        {"Tb/s", 1e12, 8, false},
        {"Mbit/s", 1e6, 8, false},
        {"Gbit/s", 1e9, 8, false},
        {"Tbit/s", 1e12, 8, false}}},
      {"a number of operations such as 6TFLOP",
       "a number of operations",
       {{"FLOP"},
        {"kFLOP", 1e3},
        {"MFLOP", 1e6},
        {"GFLOP", 1e9},
        {"TFLOP", 1e12},
        {"PFLOP", 1e15},
        {"EFLOP", 1e18}}},
      {"a compute rate such as 989TFLOPS",
       "a compute rate",
       {{"FLOPS"},
        {"kFLOPS", 1e3},
        {"MFLOPS", 1e6},
        {"GFLOPS", 1e9},
        {"TFLOPS", 1e12},
        {"PFLOPS", 1e15},
        {"EFLOPS", 1e18},
        {"GFLOP/s", 1e9, 1, false},
        {"TFLOP/s", 1e12, 1, false},
        {"PFLOP/s", 1e15, 1, false}}},
      {"a power such as 700W or 1.2MW",
       "a power",
       {{"mW", 1, 1e3}, {"W"}, {"kW", 1e3}, {"MW", 1e6}, {"GW", 1e9}}},
      {"an energy such as 5kWh or 3MJ",
       "an energy",
       {{"J"},
        {"kJ", 1e3},
        {"MJ", 1e6},
        {"GJ", 1e9},
        {"TJ", 1e12},
        {"Wh", 3600, 1, false},
        {"kWh", 3.6e6, 1, false},
        {"MWh", 3.6e9, 1, false},
        {"GWh", 3.6e12, 1, false}}},
      {"a frequency such as 1.4GHz", "a frequency", {{"Hz"}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}},
      {"a number of tokens such as 300B or 15T",
       "a number of tokens",
       {{""}, {"K", 1e3}, {"M", 1e6}, {"B", 1e9}, {"T", 1e12}}},
      {"an amount of money such as 3kEUR or 240MEUR",
       "an amount of money",
       {{"EUR"}, {"kEUR", 1e3}, {"MEUR", 1e6}, {"GEUR", 1e9}}},
      {"a price of energy such as 0.14EUR/kWh",
       "a price of energy",
       {{"EUR/kWh", 1, 3.6e6}, {"EUR/MWh", 1, 3.6e9, false}, {"ct/kWh", 1, 3.6e8, false}}},
      {"an amount of CO2 such as 12kgCO2e",
       "an amount of CO2",
       {{"gCO2e"},
        {"kgCO2e", 1e3},
        {"tCO2e", 1e6},
        {"ktCO2e", 1e9},
        {"g", 1, 1, false},
        {"kg", 1e3, 1, false},
        {"t", 1e6, 1, false}}},
      {"a carbon intensity such as 174gCO2e/kWh",
       "a carbon intensity",
       {{"gCO2e/kWh", 1, 3.6e6},
        {"gCO2/kWh", 1, 3.6e6, false},
        {"g/kWh", 1, 3.6e6, false},
        {"kg/MWh", 1, 3.6e6, false}}},
  }};
  return all;
}

const DimensionTable& table_of(Dimension dimension) { return tables()[static_cast<std::size_t>(dimension)]; }

const Unit* find_unit(const DimensionTable& table, std::string_view name) {
  for (const Unit& unit : table.units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

// What a unit unknown to the dimension is instead, for the message.
std::string explain_unit(std::string_view name, Dimension dimension) {
  for (const DimensionTable& other : tables()) {
    if (find_unit(other, name)) return fmt::format(", which is {}", other.noun);
  }
  return fmt::format(": unknown unit {}{}", quote(name), suggestion(name, units_of(dimension)));
}

}  // namespace

const char* phrase(Dimension dimension) { return table_of(dimension).phrase; }

std::span<const std::string_view> units_of(Dimension dimension) {
  static const std::array<std::vector<std::string_view>, dimension_count> names = [] {
    std::array<std::vector<std::string_view>, dimension_count> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const Unit& unit : tables()[i].units) all[i].push_back(unit.name);
    }
    return all;
  }();
  return names[static_cast<std::size_t>(dimension)];
}

ParsedQuantity parse_quantity(std::string_view text, Dimension dimension) {
  const DimensionTable& table = table_of(dimension);
  const auto wrong = [&](std::string_view why) {
    return ParsedQuantity{0, fmt::format("expected {}, found {}{}", table.phrase, quote(text), why)};
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // from_chars also reads "inf" and "nan": a number is finite here.
  if (error == std::errc::invalid_argument || (error == std::errc() && !std::isfinite(number)))
    return wrong("");
  std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc::result_out_of_range)
    return wrong(", which is too large or too small to compute with");
  if (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  const Unit* unit = find_unit(table, name);
  if (!unit && name.empty()) return wrong(" without a unit");
  if (!unit) return wrong(explain_unit(name, dimension));
  const double value = number * unit->times / unit->per;
  if (!std::isfinite(value)) return wrong(", which is too large to compute with");
  return {value, ""};
}

std::string print_quantity(double value, Dimension dimension) {
  const DimensionTable& table = table_of(dimension);
  const Unit* best = nullptr;
  for (const Unit& unit : table.units) {
    if (!unit.printed) continue;
    // Compare what will be shown: 999.96us rounds to 1000us, and 1ms reads better.
    if (!best || std::abs(value) * unit.per / unit.times >= 0.99995) best = &unit;
  }
  if (value == 0) best = find_unit(table, dimension == Dimension::time ? "s" : table.units.front().name);
  return fmt::format("{:.4g}{}", value * best->per / best->times, best->name);
}

}  // namespace aifsim
