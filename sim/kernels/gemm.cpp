#include "kernels/gemm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/device.hpp"

namespace aifsim {
namespace {

// Tiles that libraries ship, as the places of their sides in kSides.
constexpr std::array<std::int64_t, 5> kSides{16, 32, 64, 128, 256};
struct Tile {
  std::uint8_t m, n;
};
constexpr Tile kTiles[] = {{4, 3}, {3, 4}, {3, 3}, {4, 2}, {2, 4}, {3, 2}, {2, 3}, {2, 2},
                           {4, 1}, {3, 1}, {2, 1}, {1, 2}, {1, 3}, {0, 2}, {0, 3}};
constexpr std::size_t kTileCount = std::size(kTiles);
constexpr double kShallowest = 128;  // part of a split k
constexpr double kMostParts = 32;
constexpr double kEdge = 3.0 / 256;  // (M + N) / (M N) of the largest tile

double traffic(const Gemm& g) {
  const double m = double(g.m), n = double(g.n), k = double(g.k);
  return bytes_of(g.dtype) * double(g.batch) * (m * n + m * k / g.reuse + n * k);
}

// Pieces of at most `side` that cover `length`.
double pieces(std::int64_t length, std::int64_t side) {
  const std::int64_t whole = (length + side - 1) / side;
  return double(whole);
}

// What a shape needs of each tile that may compute it, whatever the parts of k.
class Tiling {
 public:
  Tiling(const Gemm& g, const GemmConstants& c, double multiprocessors) : wave_share_(c.wave_share) {
    std::array<double, kSides.size()> rows{}, columns{};
    for (std::size_t i = 0; i < kSides.size(); ++i) {
      rows[i] = pieces(g.m, kSides[i]);
      columns[i] = pieces(g.n, kSides[i]);
    }
    // The shortest tile that covers all rows, up to the tallest that must be used.
    std::size_t shortest = 0;
    while (double(kSides[shortest]) < std::min(c.least_rows.value, double(g.m)) &&
           shortest + 1 < kSides.size())
      ++shortest;
    for (const Tile& tile : kTiles) {
      if (tile.m < shortest) continue;
      const auto m = double(kSides[tile.m]), n = double(kSides[tile.n]);
      waves_[count_] = double(g.batch) * rows[tile.m] * columns[tile.n] / multiprocessors;
      cost_[count_++] = (m * n + c.tile_overhead * (m + n)) / (1 + c.tile_overhead * kEdge);
    }
  }
  // Elements of the output that the busiest multiprocessor computes, by the best tile.
  double elements(double parts) const {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < count_; ++i) {
      const double waves = std::max(parts * waves_[i], 1.0);
      best = std::min(best, (waves + wave_share_ * (std::ceil(waves) - waves)) * cost_[i]);
    }
    return best;
  }

 private:
  std::array<double, kTileCount> waves_{}, cost_{};
  std::size_t count_ = 0;
  double wave_share_;
};

// Deviation of log time, beside its own, where a block prices another format: of as many bytes, as BF16's and
// FP16's blocks of A100 and H100 differ; else as a block that is carried over between architectures
// (transfer.cpp).
constexpr double kOtherFormat = 0.15, kOtherWidth = 0.2;

// Over the longest, so that no power underflows.
double p_norm(double a, double b, double c, double longest, double p) {
  double sum = 0;
  for (const double x : {a, b, c}) sum += x == longest ? 1 : std::pow(x / longest, p);
  return longest * std::pow(sum, 1 / p);
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
  if (c.quantise_efficiency <= 0 || g.quantised) return 0;
  const double rows = row_time * double(g.batch) * double(g.m);
  const double bytes = 3 * double(g.batch) * double(g.m) * double(g.k) / (c.quantise_efficiency * bandwidth);
  return std::sqrt(rows * rows + bytes * bytes);
}

}  // namespace

GemmBlock block_of(const GpuDescription& gpu, Dtype dtype) {
  for (const Dtype tried : {dtype, dtype == Dtype::fp4 ? Dtype::fp8 : dtype, Dtype::bf16, Dtype::fp16}) {
    const auto found = gpu.gemm.find(tried);
    if (found != gpu.gemm.end()) return {found->first, found->second};
  }
  throw CannotAnswer(fmt::format("the GPU model {} has no constants gemm.{}", gpu.name, name_of(dtype)));
}

Price price_gemm(const GpuDescription& gpu, const Gemm& g, std::string_view software) {
  const GemmBlock block = block_of(gpu, g.dtype);
  const GemmConstants& c = block.constants;
  const double multiprocessors = gpu.multiprocessors;
  const double per_multiprocessor =
      needed(gpu, c.compute_efficiency, "gemm.compute_efficiency") * peak_of(gpu, g.dtype) / multiprocessors;
  const double bandwidth = gpu.memory_bandwidth->value;
  const double read = needed(gpu, c.memory_efficiency, "gemm.memory_efficiency") * bandwidth;
  const double norm = needed(gpu, c.norm, "gemm.norm");
  const double bytes = traffic(g), depth = double(g.k);
  const double output = bytes_of(g.dtype) * double(g.batch) * double(g.m) * double(g.n);
  const Tiling tiling(g, c, multiprocessors);
  const double most = std::clamp(depth / kShallowest, 1.0, kMostParts);
  double best = std::numeric_limits<double>::infinity();
  for (double parts = 1;;) {
    const bool split = parts > 1;
    const double part = depth / parts;
    const double moved = bytes + (split ? parts * output : 0);
    const double memory = moved / read + c.memory_ramp->value * std::sqrt(moved);
    const double latency =
        c.floor_time->value + c.depth_latency->value * part + (split ? c.split_time->value : 0);
    if (std::max(memory, latency) < best) {
      const double arithmetic = 2 * tiling.elements(parts) * (part + c.depth_ramp) / per_multiprocessor;
      const double longest = std::max({arithmetic, memory, latency});
      if (longest < best) best = std::min(best, p_norm(arithmetic, memory, latency, longest, norm));
    }
    if (parts >= most) break;
    parts = std::min(2 * parts, most);
  }
  const OfRelease own = of_release(c, software);
  Price p;
  p.time = Seconds{quantising(g, c, bandwidth, own.row_time) + own.fixed_time + best};
  p.flops = Flops{2.0 * double(g.batch) * double(g.m) * double(g.n) * double(g.k)};
  p.bytes = Bytes{bytes};
  p.fit = &c.fit;
  if (block.dtype != g.dtype && c.fit.spread > 0) {
    const bool alike = bytes_of(block.dtype) == bytes_of(g.dtype);
    p.widening = std::hypot(1, (alike ? kOtherFormat : kOtherWidth) / c.fit.spread.value);
  }
  return p;
}

}  // namespace aifsim
