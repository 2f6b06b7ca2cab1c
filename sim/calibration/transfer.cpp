#include "calibration/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "kernels/price.hpp"

namespace aifsim {
namespace {

// d by block (the first that fits): a donor of the same architecture, none. Such that the 80 % bands hold 70
// to 90 % where A100, H100, H200 and B200 pretend to be new (docs/add-your-gpu.md).
struct Doubt {
  std::string_view block;
  double near, far;
};
constexpr Doubt kDoubts[] = {
    {"gemm.fp8", 0.25, 0.25}, {"gemm.fp4", 0.25, 0.25},  {"gemm", 0.06, 0.2},  {"attention.fp8", 0.22, 0.35},
    {"attention", 0.13, 0.2}, {"decode.fp8", 0.2, 0.55}, {"decode", 0.1, 0.4}, {"experts.fp8", 0.2, 0.6},
    {"experts", 0.1, 0.45},   {"streaming", 0.06, 0.13}, {"power", 0.15, 0.4}};
// Of the figures, beside the block's own spread. Backward: six GPUs with a published or measured pass, each from
// the others of its architecture (0.04 to 0.18 off, 0.11 in the root mean square) and of other ones (0.02 to
// 0.22, 0.11). FlashAttention-2 reaches 1 of the newest on Ampere, 0.56 on Hopper, 0.33 on Blackwell.
constexpr Doubt kBackward{"backward", 0.11, 0.15}, kFlash2{"flash2", 0.15, 0.6};
constexpr double kVendor = 0.3;  // more, where no donor is of the same vendor
constexpr std::int64_t kSmall = 64, kLarge = 8192;

using Gpus = std::vector<const GpuDescription*>;

// info() makes a block where there is none, so it gets a copy.
FitInfo info_of(const Family& family, GpuDescription gpu) { return family.info(gpu); }

// Of its own: what a donor took over is not passed on.
bool has_block(const Family& family, const GpuDescription& gpu) {
  const FitInfo info = info_of(family, gpu);
  return info.spread.value > 0 && info.from.empty();
}

bool usable(const Family& family, const GpuDescription& gpu) {
  const auto lacks = [&](const char* word, Dtype dtype) {
    return family.block.find(word) != std::string::npos && !gpu.peak.contains(dtype);
  };
  if (lacks(".fp8", Dtype::fp8) || lacks(".fp4", Dtype::fp4)) return false;
  if (family.block == "gemm.fp16") return false;  // BF16's, which more GPUs were measured in, stands in
  if (!family.dtype || gpu.peak.contains(*family.dtype)) return true;
  return *family.dtype == Dtype::bf16 && gpu.peak.contains(Dtype::fp16);
}

Gemm cube(const GpuDescription& gpu, std::int64_t side) {
  return {side, side, side, 1, gpu.peak.contains(Dtype::bf16) ? Dtype::bf16 : Dtype::fp16};
}

// Geometric; a constant that is 0 somewhere is averaged as it is.
double mean_of(const Constant& constant, const Gpus& donors) {
  if (donors.size() == 1) {
    GpuDescription copy = *donors.front();
    return *constant.at(copy);
  }
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

// "Blackwell Ultra" runs Blackwell's kernels.
bool near(const GpuDescription& a, const GpuDescription& b) {
  return a.architecture.substr(0, a.architecture.find(' ')) ==
         b.architecture.substr(0, b.architecture.find(' '));
}

// Of the same architecture, else of the same vendor, else any.
int distance(const GpuDescription& a, const GpuDescription& b) {
  return near(a, b) ? 0 : a.vendor == b.vendor ? 1 : 2;
}

// How unlike two GPUs are in size: arithmetic, bandwidth and multiprocessors, in logarithms.
double unlike(const GpuDescription& a, const GpuDescription& b) {
  const auto peak = [](const GpuDescription& gpu) {
    const auto found = gpu.peak.find(gpu.peak.contains(Dtype::bf16) ? Dtype::bf16 : Dtype::fp16);
    return found == gpu.peak.end() ? 1 : found->second.value.value;
  };
  return std::hypot(std::log(peak(a) / peak(b)), std::log(*a.multiprocessors / *b.multiprocessors),
                    std::log(*a.memory_bandwidth / *b.memory_bandwidth));
}

// A kernel of Hopper's for experts with scales per tensor was four times as slow as those of Ada and Blackwell.
bool crosses(const Family& family, const GpuDescription& donor, const GpuDescription& gpu) {
  return near(donor, gpu) || family.block != "experts.fp8" || donor.architecture != "Hopper";
}

struct Choice {
  Gpus donors;
  bool named = true;  // false: the nearest of the others, as none of the named has it
};

// Donors that have what `has` tells: of those named, those of the same architecture where there are any. Else
// the three of the others that are nearest to the GPU.
template <class Has, class Info>
Choice choose(const GpuDescription& gpu, const Gpus& named, const Gpus& others, Has has, Info info) {
  Gpus having, close;
  for (const GpuDescription* donor : named) {
    if (!has(*donor)) continue;
    having.push_back(donor);
    if (near(*donor, gpu)) close.push_back(donor);
  }
  if (!having.empty()) return {close.empty() ? having : close};
  int least = std::numeric_limits<int>::max();
  for (const GpuDescription* donor : others) {  // only those that rows stand behind
    if (donor->name == gpu.name || !has(*donor) || info(*donor).points == 0) continue;
    const int away = distance(*donor, gpu);
    if (away < least) having.clear();
    least = std::min(least, away);
    if (away == least) having.push_back(donor);
  }
  constexpr std::size_t kMost = 3;
  std::stable_sort(having.begin(), having.end(), [&](const GpuDescription* a, const GpuDescription* b) {
    return unlike(*a, gpu) < unlike(*b, gpu);
  });
  // A GPU model that includes another one has the same fit.
  const auto alike = [&](const GpuDescription* a, const GpuDescription* b) {
    return info(*a).points == info(*b).points && info(*a).range == info(*b).range;
  };
  having.erase(std::unique(having.begin(), having.end(), alike), having.end());
  if (having.size() > kMost) having.resize(kMost);
  return {having, false};
}

// Own blocks of attention stand in for its other formats and head sizes, better than another GPU's would.
bool stands_in(const Family& family, const GpuDescription& gpu) {
  const auto own = [](const auto& blocks) {
    return std::any_of(blocks.begin(), blocks.end(), [](const auto& entry) {
      const FitInfo& fit = entry.second.fit;
      return fit.spread.value > 0 && fit.from.empty();
    });
  };
  if (family.block.starts_with("attention.")) return own(gpu.attention);
  return family.block.starts_with("decode.") && own(gpu.decode);
}

void take_over(const Family& family, GpuDescription& gpu, const Gpus& donors, double near_doubt,
               double far_doubt, const std::string& date) {
  FitInfo info;
  bool vendor = false;
  for (const GpuDescription* donor : donors) {
    info.spread.value = std::max(info.spread.value, info_of(family, *donor).spread.value);
    info.from.push_back(donor->name);
    vendor = vendor || donor->vendor == gpu.vendor;
  }
  info.spread.value = std::hypot(info.spread.value, near(*donors.front(), gpu) ? near_doubt : far_doubt,
                                 vendor ? 0 : kVendor);
  info.date = date;
  family.info(gpu) = info;
}

void take_over_block(const Family& family, GpuDescription& gpu, const Gpus& donors, const std::string& date) {
  for (const Constant& c : family.constants) *c.at(gpu) = mean_of(c, c.held ? Gpus{donors.front()} : donors);
  GpuDescription first = *donors.front();
  for (const KernelFact& fact : family.facts) {
    if (fact.flag) *fact.flag(gpu) = *fact.flag(first);
    if (fact.list) *fact.list(gpu) = near(first, gpu) ? *fact.list(first) : std::vector<double>{};
  }
  if (family.target == Target::power) gpu.power.attention = first.power.attention;
  const auto doubt = std::find_if(std::begin(kDoubts), std::end(kDoubts),
                                  [&](const Doubt& d) { return family.block.starts_with(d.block); });
  take_over(family, gpu, donors, doubt->near, doubt->far, date);
}

bool complete(const Family& figures, GpuDescription gpu) {
  return std::all_of(figures.constants.begin(), figures.constants.end(),
                     [&](const Constant& c) { return *c.at(gpu) > 0; });
}

// All there, and neither they nor the block around them are another GPU's.
bool has_figures(const Family& figures, const GpuDescription& gpu) {
  const auto block = gpu.attention.find(AttentionFormat::bf16);
  return block != gpu.attention.end() && block->second.fit.from.empty() &&
         info_of(figures, gpu).from.empty() && complete(figures, gpu);
}

void take_over_figures(const Family& figures, GpuDescription& gpu, const Gpus& donors,
                       const std::string& date) {
  for (const Constant& c : figures.constants) *c.at(gpu) = mean_of(c, donors);
  const Doubt& doubt = figures.fit_key == "backward_fit" ? kBackward : kFlash2;
  take_over(figures, gpu, donors, doubt.near, doubt.far, date);
}

// Fixed times of all products, by as much as the small product lacks; at least a tenth of each stays. All
// times of the other blocks, in proportion.
void meet_small_kernel(GpuDescription& gpu, const std::vector<const Family*>& families, Seconds wanted) {
  const Seconds now = price(gpu, cube(gpu, kSmall)).time;
  const double shift = (wanted - now).value, ratio = wanted / now;
  for (const Family* family : families) {
    for (const Constant& c : family->constants) {
      if (!family->dtype && c.unit == ModelUnit::seconds && !c.held) *c.at(gpu) *= ratio;
      if (family->dtype && c.key == "fixed_time") *c.at(gpu) = std::max(*c.at(gpu) + shift, 0.1 * *c.at(gpu));
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
    result.gpu.attention.clear();
    result.gpu.attention_backward = {};
    result.gpu.decode.clear();
    result.gpu.streaming.clear();
    result.gpu.experts.clear();
    result.gpu.power = {};
  }
  const auto pointers = [](const std::vector<GpuDescription>& gpus) {
    Gpus list;
    for (const GpuDescription& one : gpus) list.push_back(&one);
    return list;
  };
  const Gpus named = pointers(donors), others = pointers(options.others);
  for (const Family& family : families()) {
    const FitInfo own = info_of(family, gpu);
    if (!usable(family, gpu)) continue;
    const bool stays = own.spread.value > 0 && (own.from.empty() || options.missing);
    if (!all && (stays || stands_in(family, gpu))) continue;
    const auto has = [&](const GpuDescription& donor) {
      // Which head sizes the usual kernels do not take is a matter of one architecture; so is what runs them.
      return has_block(family, donor) && crosses(family, donor, gpu) &&
             (!family.block.ends_with("_other") || near(donor, gpu));
    };
    const Choice choice =
        choose(gpu, named, others, has, [&](const GpuDescription& donor) { return info_of(family, donor); });
    if (choice.donors.empty()) continue;
    take_over_block(family, result.gpu, choice.donors, options.date);
    result.families.push_back(&family);
    if (!choice.named) result.not_named.push_back(&family);
  }
  for (const Family& figures : published_figures()) {
    if (!result.gpu.attention.contains(AttentionFormat::bf16)) continue;
    if (!all && (options.missing ? complete(figures, gpu) : has_figures(figures, gpu))) continue;
    const Choice choice = choose(
        gpu, named, others, [&](const GpuDescription& donor) { return has_figures(figures, donor); },
        [](const GpuDescription& donor) { return donor.attention.at(AttentionFormat::bf16).fit; });
    if (choice.donors.empty()) continue;
    take_over_figures(figures, result.gpu, choice.donors, options.date);
    result.figures.push_back(&figures);
    if (!choice.named) result.not_named.push_back(&figures);
  }
  const auto launches = [](const GpuDescription& one) { return one.host.eager_launch->value > 0; };
  const auto host = std::find_if(donors.begin(), donors.end(), launches);
  if (!launches(gpu) && host != donors.end()) {
    result.gpu.host.eager_launch = host->host.eager_launch;
    result.gpu.host.compiled_launch = host->host.compiled_launch;
    result.gpu.host.graph_launch = host->host.graph_launch;
    result.host_from = host->name;
  }
  if (result.families.empty() && result.figures.empty())
    throw CannotAnswer(options.missing ? gpu.name + " lacks no constants that another GPU has"
                                       : "none of the GPUs named has constants that " + gpu.name + " lacks");
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
