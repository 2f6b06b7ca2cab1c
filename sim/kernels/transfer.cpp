#include "kernels/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "kernels/price.hpp"

namespace aifsim {
namespace {

constexpr double kNear = 0.06, kFar = 0.13, kQuantised = 0.25;  // d
constexpr std::int64_t kSmall = 64, kLarge = 8192;

using Gpus = std::vector<const GpuDescription*>;

// info() makes a block where there is none, so it gets a copy.
FitInfo info_of(const Family& family, GpuDescription gpu) { return family.info(gpu); }

bool has_block(const Family& family, const GpuDescription& gpu) {
  return info_of(family, gpu).spread.value > 0;
}

bool usable(const Family& family, const GpuDescription& gpu) {
  if (!family.dtype || gpu.peak.contains(*family.dtype)) return true;
  return *family.dtype == Dtype::bf16 && gpu.peak.contains(Dtype::fp16);
}

Gemm cube(const GpuDescription& gpu, std::int64_t side) {
  return {side, side, side, 1, gpu.peak.contains(Dtype::bf16) ? Dtype::bf16 : Dtype::fp16};
}

// Geometric; a constant that is 0 somewhere is averaged as it is.
double mean_of(const Constant& constant, const Gpus& donors) {
  double logs = 0, sum = 0;
  bool positive = true;
  for (const GpuDescription* donor : donors) {
    GpuDescription copy = *donor;
    const double value = *constant.at(copy);
    positive = positive && value > 0;
    logs += value > 0 ? std::log(value) : 0;
    sum += value;
  }
  const auto n = double(donors.size());
  return positive ? std::exp(logs / n) : sum / n;
}

void take_over(const Family& family, GpuDescription& gpu, const Gpus& donors, const std::string& date) {
  for (const Constant& c : family.constants) *c.at(gpu) = mean_of(c, donors);
  FitInfo info;
  bool near = false;
  for (const GpuDescription* donor : donors) {
    info.spread.value = std::max(info.spread.value, info_of(family, *donor).spread.value);
    info.from.push_back(donor->name);
    near = near || donor->architecture == gpu.architecture;
  }
  const bool quantised = family.dtype == Dtype::fp8 || family.dtype == Dtype::fp4;
  info.spread.value = std::hypot(info.spread.value, quantised ? kQuantised : near ? kNear : kFar);
  info.date = date;
  family.info(gpu) = info;
}

// Fixed times of all blocks, by as much as the small product lacks. At least a tenth of each stays.
void meet_small_kernel(GpuDescription& gpu, const std::vector<const Family*>& families, Seconds wanted) {
  const Seconds now = price(gpu, cube(gpu, kSmall)).time;
  const double shift = (wanted - now).value;
  for (const Family* family : families) {
    for (const Constant& c : family->constants) {
      if (c.key == "fixed_time") *c.at(gpu) = std::max(*c.at(gpu) + shift, 0.1 * *c.at(gpu));
    }
  }
  const Seconds met = price(gpu, cube(gpu, kSmall)).time;
  if (std::abs(met / wanted - 1) > 1e-6)
    throw CannotAnswer(fmt::format("no small kernel of {} can take {}: the donors say {}, {} at the least",
                                   gpu.name, print(wanted), print(now), print(met)));
}

void meet_large_product(GpuDescription& gpu, const std::vector<const Family*>& families,
                        FlopsPerSecond wanted) {
  const Price now = price(gpu, cube(gpu, kLarge));
  const double factor = wanted.value / (now.flops.value / now.time.value);
  for (const Family* family : families) {
    if (!family->dtype) continue;
    for (const Constant& c : family->constants) {
      if (c.key == "compute_efficiency") *c.at(gpu) = std::min(1.0, *c.at(gpu) * factor);
    }
  }
}

}  // namespace

Transfer transfer(const GpuDescription& gpu, const std::vector<GpuDescription>& donors,
                  const TransferOptions& options, bool all) {
  Transfer result;
  result.gpu = gpu;
  if (all) {  // as if it had never been measured
    result.gpu.gemm.clear();
    result.gpu.experts.clear();
    result.gpu.power = {};
  }
  for (const Family& family : families()) {
    if (!family.dtype) continue;
    const FitInfo own = info_of(family, gpu);
    if (!usable(family, gpu) || (!all && own.spread.value > 0 && own.from.empty())) continue;
    Gpus having;
    for (const GpuDescription& donor : donors)
      if (has_block(family, donor)) having.push_back(&donor);
    if (having.empty()) continue;
    take_over(family, result.gpu, having, options.date);
    result.families.push_back(&family);
  }
  if (result.families.empty())
    throw CannotAnswer("none of the GPUs named has constants that " + gpu.name + " lacks");
  if (options.small_kernel) {
    meet_small_kernel(result.gpu, result.families, *options.small_kernel);
    result.how +=
        fmt::format("; fixed times such that a small kernel takes {}", print(*options.small_kernel));
  }
  if (options.large_product) {
    meet_large_product(result.gpu, result.families, *options.large_product);
    result.how += fmt::format("; compute efficiency such that a large product reaches {}",
                              print(*options.large_product));
  }
  return result;
}

}  // namespace aifsim
