#include "kernels/experts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "catalog/words.hpp"
#include "kernels/device.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kOctiles = 8;
constexpr double kColumns = 128;  // of a tile
constexpr double kSmallestTile = 16;
constexpr double kDepth = 16;  // of one matrix instruction on 16-bit numbers

// Quantiles of the density x^-skew between two bounds.
class PowerLaw {
 public:
  PowerLaw(double skew, double low, double high)
      : exponent_(1 / (1 - skew)), low_(std::pow(low, 1 - skew)), width_(std::pow(high, 1 - skew) - low_) {}
  double at(double share) const { return std::pow(low_ + width_ * share, exponent_); }
  // Mean of the quantiles from `share` up.
  double mean_above(double share) const { return (integral(1) - integral(share)) / (1 - share); }

 private:
  double integral(double share) const {
    return std::pow(low_ + width_ * share, exponent_ + 1) / (width_ * (exponent_ + 1));
  }
  double exponent_, low_, width_;
};

PowerLaw law_of(const ExpertLayer& op) {
  // The equation has a pole at 1, where the law itself has none.
  const double skew = std::abs(op.skew - 1) < 1e-6 ? 1 + 1e-6 : op.skew;
  if (op.tokens * op.topk <= op.experts) return {skew, 0.01, 2};
  return {skew, 1, std::max(0.8 * double(op.tokens), 1.0001)};
}

double weights_of_expert(const ExpertLayer& op) {
  return (op.gated ? 3 : 2) * double(op.intermediate) / double(op.tp) * double(op.hidden);
}

double activation_bytes(const ExpertLayer& op, double pairs) {
  const double width = double(op.intermediate) / double(op.tp);
  return 2 * pairs * (2 * double(op.hidden) + (op.gated ? 3 : 2) * width);
}

double pairs_of(const ExpertLayer& op) { return double(op.tokens) * double(op.topk); }

// The 16-bit format is FP16 where there is no BF16.
Dtype arithmetic(const GpuDescription& gpu, ExpertFormat format) {
  const bool half = format == ExpertFormat::bf16 && !gpu.peak.contains(Dtype::bf16);
  return half ? Dtype::fp16 : dtype_of(format);
}

const ExpertConstants& constants_of(const GpuDescription& gpu, ExpertFormat format) {
  const auto found = gpu.experts.find(format);
  if (found != gpu.experts.end()) return found->second;
  throw CannotAnswer(
      fmt::format("the GPU model {} has no constants experts.{}", gpu.name, catalog::word_of(format)));
}

}  // namespace

ExpertLoad expert_load(const ExpertLayer& op, double averaging, double tile_rows) {
  const double own = double(op.experts) / double(op.ep), pairs = pairs_of(op);
  std::array<double, kOctiles> tokens{};
  tokens.fill(1);
  double busiest = 1;
  if (op.skew > 0) {
    const PowerLaw law = law_of(op);
    if (own > 1) {
      double sum = 0;
      for (std::size_t j = 0; j < kOctiles; ++j) sum += tokens[j] = law.at((double(j) + 0.5) / kOctiles);
      for (double& t : tokens) t *= kOctiles / sum;
    }
    if (op.ep > 1) {
      const double most = law.mean_above(1 - 1 / double(op.ep)) / law.mean_above(0);
      busiest = 1 + (most - 1) * std::pow(own, -averaging);
    }
  }
  ExpertLoad load;
  const double mean = std::max(pairs / double(op.ep) * busiest, 1.0) / own, weight = own / kOctiles;
  std::array<double, kOctiles> filled{};
  for (std::size_t j = 0; j < kOctiles; ++j) {
    tokens[j] = std::min(mean * tokens[j], double(op.tokens));
    filled[j] = op.skew > 0 ? -std::expm1(-tokens[j]) : std::min(1.0, tokens[j]);
    load.active += weight * filled[j];
    load.tokens += weight * tokens[j];
  }
  load.active = std::max(load.active, 1.0);
  const double each = std::max(load.tokens / load.active, 1.0);
  load.tile_rows = std::clamp(std::exp2(std::ceil(std::log2(each))), kSmallestTile, tile_rows);
  for (std::size_t j = 0; j < kOctiles; ++j) {
    if (filled[j] <= 0) continue;
    load.rows += weight * filled[j] * std::ceil(tokens[j] / filled[j] / load.tile_rows) * load.tile_rows;
  }
  return load;
}

double bytes_per_weight(ExpertFormat format) {
  switch (format) {
    case ExpertFormat::bf16:
      return 2;
    case ExpertFormat::fp8:
    case ExpertFormat::fp8_block:
      return 1;
    case ExpertFormat::fp4:
      break;
  }
  return 0.5625;  // with one 8-bit scale per 16 weights
}

Dtype dtype_of(ExpertFormat format) {
  if (format == ExpertFormat::bf16) return Dtype::bf16;
  return format == ExpertFormat::fp4 ? Dtype::fp4 : Dtype::fp8;
}

Flops expert_flops(const ExpertLayer& op) {
  return Flops{2 * pairs_of(op) / double(op.ep) * weights_of_expert(op)};
}

Bytes expert_bytes(const ExpertLayer& op) {
  const double pairs = pairs_of(op) / double(op.ep);
  const double active = std::min(double(op.experts) / double(op.ep), std::max(pairs, 1.0));
  return Bytes{active * bytes_per_weight(op.format) * weights_of_expert(op) + activation_bytes(op, pairs)};
}

Price price_experts(const GpuDescription& gpu, const ExpertLayer& op) {
  const ExpertConstants& c = constants_of(gpu, op.format);
  const ExpertLoad load = expert_load(op, c.averaging, c.tile_rows);
  const double bandwidth = gpu.memory_bandwidth->value, weights = weights_of_expert(op);
  const double width = double(op.intermediate) / double(op.tp);
  const double columns = ((op.gated ? 2 : 1) * width + double(op.hidden)) / kColumns;
  const double tiles = load.rows / load.tile_rows * columns / gpu.multiprocessors.value;
  const double compute = 2 * load.rows * weights /
                             (needed(gpu, c.compute_efficiency, "experts.compute_efficiency") *
                              peak_of(gpu, arithmetic(gpu, op.format))) +
                         std::max(tiles, 1.0) * c.tile_time->value;
  const double read = load.active * bytes_per_weight(op.format) * weights;
  const double memory = read * cache_slowness(read, gpu.l2->value, c.cache_gain) /
                            (needed(gpu, c.memory_efficiency, "experts.memory_efficiency") * bandwidth) +
                        c.memory_ramp->value * std::sqrt(read);
  const double local = activation_bytes(op, load.tokens) /
                       (needed(gpu, c.local_efficiency, "experts.local_efficiency") * bandwidth);
  const double all = activation_bytes(op, pairs_of(op)) /
                     (needed(gpu, c.token_efficiency, "experts.token_efficiency") * bandwidth);
  const double odd = std::fmod(width, kDepth) == 0 ? 1 : c.odd_time.value;
  const double time = c.fixed_time->value + c.expert_time->value * double(op.experts) + local + all +
                      odd * p_norm(compute, memory, needed(gpu, c.norm, "experts.norm"));
  Price p{Seconds{time}, Flops{2 * load.tokens * weights}, Bytes{read + activation_bytes(op, load.tokens)}};
  p.fit = &c.fit;
  return p;
}

}  // namespace aifsim
