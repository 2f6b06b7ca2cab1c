// Where a step's energy goes, from the GPU boards to the meters of the sites that it is drawn from.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace aifsim {

enum class EnergyPart { gpus, cpus, memory, nics, drives, node, switches, file_systems, conversion, cooling };
inline constexpr std::size_t energy_parts = 10;

const char* key_of(EnergyPart part);   // of result.json: "gpus_j"
const char* name_of(EnergyPart part);  // for people

// What nodes draw at the meter of their site, on average. Each figure NaN where the platform does not tell it.
struct SiteDraw {
  static constexpr double untold = std::numeric_limits<double>::quiet_NaN();
  std::string site, partition;  // partition: or the platform, where all its nodes are alike
  std::string meter;            // the same of draws that `limit` bounds together
  std::int64_t nodes = 0;
  Watts limit;                   // that the site has for the machine; 0: not told
  Watts power{untold};           // with idle boards where it is not known what they draw,
  Watts at_most{untold};         // and with boards at their limits; else the same
  GramsPerJoule carbon{untold};  // of a joule at the meter
  EurosPerJoule price{untold};   // the same
  double machine = untold,
         embodied = 0;  // EUR/s, g/s: the nodes' share of machine, maintenance and staff, and of making it
  std::string why;      // the power is a range, or not known

  bool known() const { return !std::isnan(power.value); }
};

struct EnergyAccount {
  std::array<double, energy_parts> parts{};  // J, of a step, over all sites
  std::vector<SiteDraw> sites = {};
  double& at(EnergyPart part) { return parts[static_cast<std::size_t>(part)]; }
  Joules of(EnergyPart part) const { return Joules{parts[static_cast<std::size_t>(part)]}; }
  Joules total() const { return Joules{std::accumulate(parts.begin(), parts.end(), 0.0)}; }
};

}  // namespace aifsim
