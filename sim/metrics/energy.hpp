// Energy of the GPU boards in one step: each kernel's power for as long as it takes at the sustained clock,
// idle power for the rest.
#pragma once
#include <cstdint>
#include <vector>

#include "catalog/gpu.hpp"
#include "metrics/metric.hpp"
#include "plan/plan.hpp"

namespace aifsim {

Watts idle_power(const GpuDescription& gpu);

// Fills energy, energy_per_token and gpu_power from the step time; nothing where power is not modelled.
void add_energy(Metrics& metrics, const GpuDescription& gpu, const Plan& plan);

// A job's nodes in the order of its ranks, each in one of several parts of the machine.
struct NodesInParts {
  std::size_t parts = 1;
  std::vector<std::size_t> part_of;  // by node
  std::int64_t ranks_of_node = 1;
};
// Share of the boards' energy in each part; none where power is not modelled.
std::vector<double> board_shares(const GpuDescription& gpu, const Plan& plan, Seconds step,
                                 const NodesInParts& nodes);

}  // namespace aifsim
