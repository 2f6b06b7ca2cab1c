// Energy of the GPU boards in one step: each kernel's power for as long as it takes at the sustained clock,
// idle power for the rest.
#pragma once
#include "catalog/gpu.hpp"
#include "metrics/metric.hpp"
#include "plan/plan.hpp"

namespace aifsim {

// Fills energy, energy_per_token and gpu_power from the step time; nothing where power is not modelled.
void add_energy(Metrics& metrics, const GpuDescription& gpu, const Plan& plan);

}  // namespace aifsim
