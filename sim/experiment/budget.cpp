#include "experiment/budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/calendar.hpp"
#include "machine/machine_figures.hpp"
#include "metrics/facility.hpp"

namespace aifsim {
namespace {

// Of alike nodes; a rounding error does not cost one.
double affordable(double budget, double whole, double nodes) {
  return std::floor(budget / (whole / nodes) * (1 + 1e-12));
}

}  // namespace

Purchase purchase(const BudgetDescription& budget, const PlatformDescription& platform,
                  const GpuDescription& gpu) {
  const double all = *platform.nodes;
  const Euros capital = platform.cost ? *platform.cost->capital : Euros{};
  Watts power = power_with_file_systems(platform, gpu);
  if (platform.facility)
    power = power * site_means(*platform.facility, std::nullopt, Seconds{3600 * hours_of_year}).pue;
  const auto unsaid = [&](const char* key, const std::string& what) {
    throw CannotAnswer(
        fmt::format("{} does not say {} ({}), which the budget bounds", platform.name, what, key));
  };
  Purchase bought;
  double nodes = all;
  if (budget.capital.value > 0) {
    if (!(capital.value > 0))
      unsaid("cost.capital", platform.without_cost.empty()
                                 ? "what it costs"
                                 : fmt::format("what {} costs", fmt::join(platform.without_cost, ", ")));
    if (const double n = affordable(budget.capital.value, capital.value, all); n < nodes)
      nodes = n, bought.bound = BudgetBound::capital;
  }
  if (budget.power.value > 0) {
    if (!(power.value > 0)) unsaid("power", "what its nodes draw");
    if (!platform.facility) unsaid("facility", "what its cooling draws");
    if (const double n = affordable(budget.power.value, power.value, all); n < nodes)
      nodes = n, bought.bound = BudgetBound::power;
  }
  const double domain = platform.node.scale_up.through.empty() ? 1 : *platform.node.scale_up.nodes;
  if (nodes < all) nodes = std::floor(nodes / domain) * domain;
  if (nodes < 1)
    throw CannotAnswer(fmt::format("the budget buys no {} of {}: one costs {:.3g} MEUR and draws {:.3g} MW",
                                   domain > 1 ? "scale-up domain" : "node", platform.name,
                                   capital.value / all * domain / 1e6, power.value / all * domain / 1e6));
  bought.nodes = static_cast<std::int64_t>(nodes);
  bought.gpus = bought.nodes * static_cast<std::int64_t>(*platform.node.gpus);
  bought.capital = capital * (nodes / all);
  bought.power = power * (nodes / all);
  return bought;
}

namespace {

std::string in_millions(double value, const char* unit) {
  return value < 1e4 ? fmt::format("{:.4g} {}", value, unit) : fmt::format("{:.4g} M{}", value / 1e6, unit);
}

}  // namespace

std::string text_of(const BudgetDescription& b) {
  std::string text;
  if (b.capital.value > 0) text = in_millions(b.capital.value, "EUR");
  if (b.power.value > 0)
    text += (text.empty() ? "" : ", ") + in_millions(b.power.value, "W") + " at the meter";
  return text;
}

std::string text_of(const Purchase& p) {
  std::string text = fmt::format("{} GPUs", p.gpus);
  if (p.capital.value > 0) text += fmt::format(" for {:.3g} MEUR", p.capital.value / 1e6);
  if (p.power.value > 0)
    text += p.power.value < 1e6 ? fmt::format(", {:.3g} kW", p.power.value / 1e3)
                                : fmt::format(", {:.3g} MW", p.power.value / 1e6);
  return text + (p.bound == BudgetBound::capital ? "; the capital ends it"
                 : p.bound == BudgetBound::power ? "; the power ends it"
                                                 : "; the whole machine");
}

std::vector<std::int64_t> sizes_within(std::int64_t gpus, std::int64_t per_node) {
  constexpr std::int64_t most_odd = 15;
  constexpr std::size_t most = 4;
  std::vector<std::int64_t> sizes;
  for (std::int64_t odd = 1; odd <= most_odd; odd += 2)
    for (std::int64_t size = odd; size <= gpus; size *= 2)
      if (size * 2 > gpus && size % per_node == 0) sizes.push_back(size);
  std::sort(sizes.rbegin(), sizes.rend());
  const auto even = std::find_if(sizes.begin(), sizes.end(), [](std::int64_t size) {
    return std::has_single_bit(static_cast<std::uint64_t>(size));
  });
  if (even - sizes.begin() >= static_cast<std::ptrdiff_t>(most) && even != sizes.end())
    sizes[most - 1] = *even;
  if (sizes.size() > most) sizes.resize(most);
  if (sizes.empty()) sizes.push_back(gpus);
  return sizes;
}

}  // namespace aifsim
