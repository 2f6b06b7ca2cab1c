#include "catalog/plausible_gpu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "catalog/settings.hpp"

namespace aifsim {
namespace {

using Found = std::vector<Problem>;

struct Generation {
  std::string_view architecture;
  double flops_per_cycle;  // of a multiprocessor's matrix units, dense, 16 bit
};

// NVIDIA and AMD architecture white papers: V100, A100, H100; CDNA 2, 3, 4.
constexpr std::array<Generation, 6> generations{{{"Volta", 1024},
                                                 {"Ampere", 2048},
                                                 {"Hopper", 4096},
                                                 {"CDNA 2", 1024},
                                                 {"CDNA 3", 2048},
                                                 {"CDNA 4", 4096}}};

double tera(double value) { return value / 1e12; }

const Figure<FlopsPerSecond>* peak_of(const GpuDescription& gpu, Dtype dtype) {
  const auto found = gpu.peak.find(dtype);
  return found == gpu.peak.end() || found->second->value <= 0 ? nullptr : &found->second;
}

void check_order(const GpuDescription& gpu, Found& found) {
  constexpr std::array<std::pair<Dtype, Dtype>, 6> narrower{{{Dtype::fp32, Dtype::bf16},
                                                             {Dtype::tf32, Dtype::bf16},
                                                             {Dtype::tf32, Dtype::fp16},
                                                             {Dtype::bf16, Dtype::fp8},
                                                             {Dtype::bf16, Dtype::int8},
                                                             {Dtype::fp8, Dtype::fp4}}};
  for (const auto& [wide, narrow] : narrower) {
    const auto *a = peak_of(gpu, wide), *b = peak_of(gpu, narrow);
    if (a == nullptr || b == nullptr) continue;
    const double ratio = **b / **a;
    // B300 does little int8 any more, so a slow int8 says nothing.
    if (ratio < 1 && narrow != Dtype::int8)
      found.push_back(
          {b->place, fmt::format("peak.{} is {:g} TFLOPS, less than the {:g} of {}; no GPU is slower in "
                                 "the narrower format",
                                 name_of(narrow), tera((*b)->value), tera((*a)->value), name_of(wide))});
    if (ratio > 3.5 && wide != Dtype::fp32)
      found.push_back(
          {b->place, fmt::format("peak.{} is {:.3g} times that of {}; about 2 would be usual, so this may "
                                 "be a figure with sparsity",
                                 name_of(narrow), ratio, name_of(wide))});
  }
}

void check_clock(const GpuDescription& gpu, Found& found) {
  const auto generation = std::find_if(generations.begin(), generations.end(), [&](const Generation& g) {
    return g.architecture == gpu.architecture;
  });
  if (generation == generations.end() || *gpu.multiprocessors <= 0) return;
  for (const Dtype dtype : {Dtype::bf16, Dtype::fp16}) {
    const auto* peak = peak_of(gpu, dtype);
    if (peak == nullptr) continue;
    const double clock = (*peak)->value / (*gpu.multiprocessors * generation->flops_per_cycle);
    if (clock > 3e9)
      found.push_back({peak->place,
                       fmt::format("peak.{} of {:g} TFLOPS needs {} multiprocessors at {:.2f} GHz; is it the "
                                   "figure with sparsity, "
                                   "twice the dense one?",
                                   name_of(dtype), tera((*peak)->value), *gpu.multiprocessors, clock / 1e9)});
  }
}

void check_memory(const GpuDescription& gpu, Found& found) {
  if (*gpu.l2 > Bytes{1e9} || *gpu.l2 < Bytes{256e3})
    found.push_back(
        {gpu.l2.place, fmt::format("l2 of {:.3g} MB; caches of GPUs hold 1 to 512 MB", gpu.l2->value / 1e6)});
  if (*gpu.l2 > *gpu.memory) found.push_back({gpu.l2.place, "l2 is larger than the memory"});
  if (gpu.memory_bandwidth->value > 40e12)
    found.push_back({gpu.memory_bandwidth.place,
                     fmt::format("memory_bandwidth of {:.3g} TB/s; the fastest memories give 8 to 20 TB/s",
                                 gpu.memory_bandwidth->value / 1e12)});
  if (gpu.memory->value > 2e12)
    found.push_back({gpu.memory.place,
                     fmt::format("memory of {:.3g} TB; GPUs have up to 0.5 TB", gpu.memory->value / 1e12)});
  const auto* peak = peak_of(gpu, Dtype::bf16);
  if (peak == nullptr) peak = peak_of(gpu, Dtype::fp16);
  if (peak == nullptr || gpu.memory_bandwidth->value <= 0) return;
  const double intensity = (*peak)->value / gpu.memory_bandwidth->value;
  if (intensity > 2000 || intensity < 20)
    found.push_back(
        {gpu.memory_bandwidth.place,
         fmt::format("{:.3g} FLOPs of 16 bit for each byte of memory_bandwidth; GPUs have 100 to 900",
                     intensity)});
}

void check_power(const GpuDescription& gpu, Found& found) {
  const double watts = gpu.power_limit->value;
  if (watts < 20 || watts > 5000)
    found.push_back(
        {gpu.power_limit.place, fmt::format("power_limit of {:g} W; GPUs draw 70 to 2000 W", watts)});
  const auto* peak = peak_of(gpu, Dtype::bf16);
  if (peak != nullptr && watts > 0 && tera((*peak)->value) / watts > 6)
    found.push_back(
        {gpu.power_limit.place, fmt::format("{:.3g} TFLOPS of bf16 for each watt; GPUs of 2026 reach 3",
                                            tera((*peak)->value) / watts)});
  if (*gpu.power.idle >= 0.6)
    found.push_back(
        {gpu.power.idle.place, fmt::format("power.idle is {:.0f} % of the limit; idle GPUs draw 8 to 30 %",
                                           100 * *gpu.power.idle)});
  const double full = *gpu.power.idle + *gpu.power.compute + *gpu.power.memory + *gpu.power.busy;
  if (*gpu.power.compute > 0 && (full < 0.6 || full > 5))
    found.push_back(
        {gpu.power.compute.place,
         fmt::format(
             "power.idle, compute, memory and busy add up to {:.0f} % of the limit; a GPU at full load "
             "draws about its limit",
             100 * full)});
}

// A limit of its own over an included model's, all else of which stays: no other part, as a file with a memory of its
// own would be.
void check_limit(const GpuDescription& gpu, Found& found) {
  const Figure<Watts>& limit = gpu.power_limit;
  const auto elsewhere = [&](const Place& place) { return place.file != limit.place.file; };
  const bool peaks = std::all_of(gpu.peak.begin(), gpu.peak.end(),
                                 [&](const auto& peak) { return elsewhere(peak.second.place); });
  if (limit.source == catalog::set_by_scenario || gpu.power.clock_exponent <= 0 || !peaks ||
      !elsewhere(gpu.memory.place) || !elsewhere(gpu.memory_bandwidth.place) ||
      !elsewhere(gpu.power.compute.place))
    return;
  found.push_back(
      {limit.place,
       fmt::format("power_limit of {:g} W beside constants that were measured under the included model's: it "
                   "changes what kernels draw, not how long they take; power_cap, a share of the model's own "
                   "power_limit, slows them too",
                   limit->value)});
}

}  // namespace

std::vector<Problem> limit_without_cap(const GpuDescription& gpu, Watts limit) {
  const Watts set = *gpu.power_limit;
  if (gpu.power_limit.source != catalog::set_by_scenario || set == limit) return {};
  return {{gpu.power_limit.place,
           fmt::format("power_limit of {:g} W changes what kernels of {} draw, not how long they take: they "
                       "were measured under {:g} W; {}",
                       set.value, gpu.name, limit.value,
                       set < limit ? fmt::format("gpu.power_cap: {:.3g}% slows them too", 100 * (set / limit))
                                   : "what more power would give is not known")}};
}

std::vector<Problem> implausible(const GpuDescription& gpu) {
  Found found;
  check_order(gpu, found);
  check_clock(gpu, found);
  check_memory(gpu, found);
  check_power(gpu, found);
  check_limit(gpu, found);
  return found;
}

}  // namespace aifsim
