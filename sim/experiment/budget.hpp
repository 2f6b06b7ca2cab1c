// What a budget buys of a machine, in whole nodes, or whole scale-up domains where nodes form them.
//
//   nodes = min(capital / (K / N),  power / (pue P / N),  N)
//
// capital, power: the budget    K: capital cost of the whole machine    P: its power with all parts at their limits, behind
// the meter (machine_figures.hpp)    pue: mean over a year    N: nodes
// Assumed: a smaller machine costs and draws in proportion to its nodes; the contract's storage, software and
// partitions of other nodes are bought along in proportion.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "catalog/gpu.hpp"
#include "catalog/scenario.hpp"
#include "machine/topology.hpp"

namespace aifsim {

enum class BudgetBound { capital, power, machine };  // what ends the purchase

struct Purchase {
  std::int64_t nodes = 0, gpus = 0;
  Euros capital;  // 0 where the platform does not say
  Watts power;    // at the meter; 0 where the platform does not say
  BudgetBound bound = BudgetBound::machine;
};

// CannotAnswer where the platform does not say what the budget bounds, or it buys no node.
Purchase purchase(const BudgetDescription& budget, const PlatformDescription& platform,
                  const GpuDescription& gpu);

// "50 MEUR, 3 MW at the meter"
std::string text_of(const BudgetDescription& budget);
// "640 GPUs for 50.0 MEUR, 1.21 MW; the capital ends it"
std::string text_of(const Purchase& purchase);

// GPU counts that a job on so many GPUs may take: whole nodes, at least half of them, with few odd factors, so that layouts
// divide them; the largest first, at most four, the power of two among them.
std::vector<std::int64_t> sizes_within(std::int64_t gpus, std::int64_t per_node);

}  // namespace aifsim
