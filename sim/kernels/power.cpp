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

// What one kind of kernel draws above idle.
struct Draw {
  double compute, exponent, busy;
};
Draw draw_of(const PowerConstants& c, const KernelOp& op) {
  if (c.attention && (std::holds_alternative<Attention>(op) || std::holds_alternative<AttentionDecode>(op)))
    return {c.attention->compute, c.attention->compute_exponent, c.attention->busy};
  return {c.compute, c.compute_exponent, c.busy};
}

double busy_share(const GpuDescription& gpu, const KernelOp& op) {
  const auto* gemm = std::get_if<Gemm>(&op);
  if (!gemm) return 1;
  constexpr std::int64_t kSide = 128;
  const std::int64_t rows = (gemm->m + kSide - 1) / kSide, columns = (gemm->n + kSide - 1) / kSide;
  return std::min(1.0, double(gemm->batch) * double(rows) * double(columns) / gpu.multiprocessors);
}

constexpr double lowest_voltage = 0.6;  // s_v

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

double slowing_of(double demand, double room, double clock_exponent) {
  if (demand <= room) return 1;
  const double left = room / demand, floor = std::pow(lowest_voltage, clock_exponent);
  return left >= floor ? std::pow(left, -1 / clock_exponent) : floor / (left * lowest_voltage);
}

void add_power(const GpuDescription& gpu, const KernelOp& op, bool sustained, Price& price) {
  const PowerConstants& c = gpu.power;
  const double cap = gpu.power_cap;
  if (cap < 1) check_cap(gpu);
  if (c.clock_exponent <= 0 || price.time.value <= 0) return;
  const double compute = matrix_use(gpu, op, price);
  const double memory = std::min(1.0, price.bytes.value / (price.time.value * gpu.memory_bandwidth->value));
  const Draw own = draw_of(c, op);
  const double demand = own.compute * std::pow(compute, own.exponent) + c.memory * memory +
                        own.busy * std::sqrt(busy_share(gpu, op));
  const double room = cap - c.idle;
  const auto slowing = [&](double room_left) { return slowing_of(demand, room_left, c.clock_exponent); };
  if (sustained) price.time = price.time * slowing(room);
  if (!sustained && cap < 1) price.time = price.time * (slowing(room) / slowing(1 - c.idle));
  price.energy = Watts{gpu.power_limit->value * (c.idle + std::min(demand, room))} * price.time;
}

}  // namespace aifsim
