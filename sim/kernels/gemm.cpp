#include "kernels/gemm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/device.hpp"

namespace aifsim {
namespace {

struct Tile {
  std::int64_t m, n;
};
constexpr Tile kTiles[] = {{256, 128}, {128, 256}, {128, 128}, {256, 64}, {64, 256}, {128, 64}, {64, 128},
                           {64, 64},   {64, 32},   {32, 64},   {32, 128}, {16, 64},  {16, 128}};
constexpr double kShallowest = 128;  // part of a split k
constexpr double kEdge = 3.0 / 256;  // (M + N) / (M N) of the largest tile

double traffic(const Gemm& g) {
  const double m = double(g.m), n = double(g.n), k = double(g.k);
  return bytes_of(g.dtype) * double(g.batch) * (m * n + m * k + n * k);
}

std::int64_t ceiling(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Elements that the busiest multiprocessor computes, in elements of the largest tile; the best tile's.
double elements(const Gemm& g, std::int64_t split, std::int64_t multiprocessors, double edge,
                double wave_share) {
  double best = std::numeric_limits<double>::infinity();
  for (const Tile& tile : kTiles) {
    const std::int64_t tiles = split * g.batch * ceiling(g.m, tile.m) * ceiling(g.n, tile.n);
    const double waves = std::max(double(tiles) / double(multiprocessors), 1.0);
    const double lost = wave_share * (double(ceiling(tiles, multiprocessors)) - waves);
    best = std::min(best, (waves + lost) * (double(tile.m * tile.n) + edge * double(tile.m + tile.n)));
  }
  return best / (1 + edge * kEdge);
}

// Each over the longest, so that no power underflows.
double p_norm(double a, double b, double c, double longest, double p) {
  return longest *
         std::pow(std::pow(a / longest, p) + std::pow(b / longest, p) + std::pow(c / longest, p), 1 / p);
}

// Constants of which software releases may have their own.
struct OfRelease {
  double fixed_time, row_time;
};
OfRelease of_release(const GemmConstants& c, std::string_view software) {
  for (const ReleaseFactor& release : c.fit.releases) {
    if (release.software == software && release.fixed_time.value > 0)
      return {release.fixed_time.value, release.row_time.value};
  }
  return {c.fixed_time->value, c.row_time->value};
}

double quantising(const Gemm& g, const GemmConstants& c, double bandwidth, double row_time) {
  if (c.quantise_efficiency <= 0) return 0;
  const double rows = row_time * double(g.batch) * double(g.m);
  const double bytes = 3 * double(g.batch) * double(g.m) * double(g.k) / (c.quantise_efficiency * bandwidth);
  return std::sqrt(rows * rows + bytes * bytes);
}

}  // namespace

const GemmConstants& constants_of(const GpuDescription& gpu, Dtype dtype) {
  const Dtype block = dtype == Dtype::fp16 ? Dtype::bf16 : dtype;
  for (const Dtype tried : {block, Dtype::bf16}) {
    const auto found = gpu.gemm.find(tried);
    if (found != gpu.gemm.end()) return found->second;
  }
  throw CannotAnswer(fmt::format("the GPU model {} has no constants gemm.{}", gpu.name, name_of(block)));
}

Price price_gemm(const GpuDescription& gpu, const Gemm& g, std::string_view software) {
  const GemmConstants& c = constants_of(gpu, g.dtype);
  const auto multiprocessors = static_cast<std::int64_t>(gpu.multiprocessors);
  const double per_multiprocessor = needed(gpu, c.compute_efficiency, "gemm.compute_efficiency") *
                                    peak_of(gpu, g.dtype) / double(multiprocessors);
  const double bandwidth = gpu.memory_bandwidth->value;
  const double read = needed(gpu, c.memory_efficiency, "gemm.memory_efficiency") * bandwidth;
  const double norm = needed(gpu, c.norm, "gemm.norm");
  const double bytes = traffic(g), depth = double(g.k);
  const double output = bytes_of(g.dtype) * double(g.batch) * double(g.m) * double(g.n);
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t split = 1; split <= 32; split *= 2) {
    const double part = depth / double(split);
    if (split > 1 && part < kShallowest) break;
    const double work = elements(g, split, multiprocessors, c.tile_overhead, c.wave_share);
    const double arithmetic = 2 * work * (part + c.depth_ramp) / per_multiprocessor;
    const double moved = bytes + (split > 1 ? double(split) * output : 0);
    const double memory = moved / read + c.memory_ramp->value * std::sqrt(moved);
    const double latency =
        c.floor_time->value + c.depth_latency->value * part + (split > 1 ? c.split_time->value : 0);
    const double longest = std::max({arithmetic, memory, latency});
    if (longest < best) best = std::min(best, p_norm(arithmetic, memory, latency, longest, norm));
  }
  const OfRelease own = of_release(c, software);
  Price p;
  p.time = Seconds{quantising(g, c, bandwidth, own.row_time) + own.fixed_time + best};
  p.flops = Flops{2.0 * double(g.batch) * double(g.m) * double(g.n) * double(g.k)};
  p.bytes = Bytes{bytes};
  p.fit = &c.fit;
  return p;
}

}  // namespace aifsim
