#include "kernels/power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aifsim {
namespace {

// Use of the matrix units; 0 for operations that have none.
double matrix_use(const GpuDescription& gpu, const KernelOp& op, const Price& price) {
  Dtype dtype = Dtype::bf16;
  if (const auto* gemm = std::get_if<Gemm>(&op)) dtype = gemm->dtype;
  if (const auto* attention = std::get_if<Attention>(&op)) dtype = attention->dtype;
  if (std::holds_alternative<Streaming>(op) || std::holds_alternative<HostTransfer>(op)) return 0;
  const auto peak = gpu.peak.find(dtype);
  if (peak == gpu.peak.end()) return 0;
  return price.flops.value / (price.time.value * peak->second.value.value);
}

double busy_share(const GpuDescription& gpu, const KernelOp& op) {
  const auto* gemm = std::get_if<Gemm>(&op);
  if (!gemm) return 1;
  constexpr std::int64_t kSide = 128;
  const std::int64_t rows = (gemm->m + kSide - 1) / kSide, columns = (gemm->n + kSide - 1) / kSide;
  return std::min(1.0, double(gemm->batch) * double(rows) * double(columns) / gpu.multiprocessors);
}

// CannotAnswer where nothing says what the cap does.
void check_cap(const GpuDescription& gpu) {
  if (gpu.power.clock_exponent <= 0)
    throw CannotAnswer(fmt::format("power_cap of {}: its model has no constants of power", gpu.name));
  if (gpu.power_cap <= gpu.power.idle)
    throw CannotAnswer(
        fmt::format("power_cap of {}: {:.0f} % of the limit is no more than it draws idle, {:.0f} %",
                    gpu.name, 100 * *gpu.power_cap, 100 * *gpu.power.idle));
}

}  // namespace

void add_power(const GpuDescription& gpu, const KernelOp& op, bool sustained, Price& price) {
  const PowerConstants& c = gpu.power;
  const double cap = gpu.power_cap;
  if (cap < 1) check_cap(gpu);
  if (c.clock_exponent <= 0 || price.time.value <= 0) return;
  const double compute = matrix_use(gpu, op, price);
  const double memory = std::min(1.0, price.bytes.value / (price.time.value * gpu.memory_bandwidth->value));
  const double demand = c.compute * std::pow(compute, c.compute_exponent) + c.memory * memory +
                        c.busy * std::sqrt(busy_share(gpu, op));
  const double room = cap - c.idle;
  const auto slowing = [&](double room_left) {
    return demand > room_left ? std::pow(demand / room_left, 1 / c.clock_exponent) : 1;
  };
  if (sustained) price.time = price.time * slowing(room);
  if (!sustained && cap < 1) price.time = price.time * (slowing(room) / slowing(1 - c.idle));
  price.energy = Watts{gpu.power_limit->value * (c.idle + std::min(demand, room))} * price.time;
}

}  // namespace aifsim
