// Where a step's energy goes, from the GPU boards to the meter of the site.
#pragma once
#include <array>
#include <cstddef>
#include <numeric>

#include "base/units.hpp"

namespace aifsim {

enum class EnergyPart { gpus, cpus, memory, nics, drives, node, switches, conversion, cooling };
inline constexpr std::size_t energy_parts = 9;

const char* key_of(EnergyPart part);   // of result.json: "gpus_j"
const char* name_of(EnergyPart part);  // for people

struct EnergyAccount {
  std::array<double, energy_parts> parts{};  // J
  double& at(EnergyPart part) { return parts[static_cast<std::size_t>(part)]; }
  Joules of(EnergyPart part) const { return Joules{parts[static_cast<std::size_t>(part)]}; }
  Joules total() const { return Joules{std::accumulate(parts.begin(), parts.end(), 0.0)}; }
};

}  // namespace aifsim
