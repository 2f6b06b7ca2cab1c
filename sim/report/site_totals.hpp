// What the jobs of a run draw at the meters of their sites, one by one and together: rows for terminal and page, and the
// keys of result.json and result.sqlite.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

// A figure at a meter by its keys: its least, and its most where it is a range.
struct SiteFigureKeys {
  const char *key, *at_most, *meaning;
  Range SiteFigures::*figure;
};
inline constexpr std::array<SiteFigureKeys, 5> site_figure_keys{{
    {"power_w", "power_at_most_w", "power at the meter, mean over a step", &SiteFigures::power},
    {"energy_j", "energy_at_most_j", "energy at the meter", &SiteFigures::energy},
    {"carbon_g", "carbon_at_most_g",
     "CO2 equivalents of that energy, and the nodes' share of making the machine", &SiteFigures::carbon},
    {"electricity_eur", "electricity_at_most_eur", "what that energy costs", &SiteFigures::electricity},
    {"cost_eur", "cost_at_most_eur", "that, and the nodes' share of machine, maintenance and staff",
     &SiteFigures::cost},
}};

struct SiteTotals {
  std::string title;
  std::vector<std::string> heads;              // the first column names whose row it is
  std::vector<std::vector<std::string>> rows;  // none: nothing to tell
  std::vector<std::string> remarks;            // below
};
SiteTotals site_totals_of(const FabricRun& run);

}  // namespace aifsim
