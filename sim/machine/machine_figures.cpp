#include "machine/machine_figures.hpp"

#include <algorithm>
#include <cmath>

#include "machine/bisection.hpp"
#include "machine/power_bounds.hpp"

namespace aifsim {
namespace {

double peak_of(const GpuDescription& gpu, Dtype dtype) {
  const auto found = gpu.peak.find(dtype);
  return found == gpu.peak.end() ? 0 : found->second->value;
}

double storage_of(const PlatformDescription& platform) {
  double most = 0;
  for (const StorageTierDescription& tier : platform.storage) {
    if (!tier.beside.empty() &&
        std::find(tier.beside.begin(), tier.beside.end(), platform.partition) == tier.beside.end())
      continue;
    most = std::max(most, std::min(tier.read->value, *tier.servers * *tier.nics * tier.injection->value));
  }
  return most;
}

}  // namespace

Watts node_but_boards(const PowerDescription& p, const NodeDescription& node) {
  return *p.cpu_busy * node.cpus + *p.memory + *p.nic * node.nics + *p.storage + *p.other;
}

Watts boards_of_node(const GpuDescription& gpu, const NodeDescription& node) {
  return *gpu.power_limit * (node.gpus * std::min(1.0, *gpu.power_cap));
}

Watts power_at_limits(const PlatformDescription& platform, const GpuDescription& gpu) {
  if (!platform.power) return {};
  const PowerDescription& p = *platform.power;
  const Watts each = boards_of_node(gpu, platform.node) + node_but_boards(p, platform.node) + *p.fabric;
  return each / p.conversion * platform.nodes;
}

Watts file_systems_of_node(const PlatformDescription& platform, const std::string& partition) {
  Watts each;
  for (const StorageTierDescription& tier : platform.storage) {
    const auto serves = [&](const std::string& name) {
      return tier.beside.empty() || std::ranges::count(tier.beside, name) > 0;
    };
    if (!serves(partition)) continue;
    double nodes = platform.partitions.empty() ? *platform.nodes : 0;
    for (const PartitionDescription& one : platform.partitions)
      if (serves(one.name)) nodes += *one.nodes;
    nodes = std::max(nodes, *tier.shared_by);
    if (nodes > 0) each += *tier.power / nodes;
  }
  return each;
}

Watts power_with_file_systems(const PlatformDescription& platform, const GpuDescription& gpu) {
  Watts all = power_at_limits(platform, capped(gpu, platform));
  if (!platform.power) return all;
  if (platform.spanned.empty()) all += file_systems_of_node(platform, platform.partition) * platform.nodes;
  for (const SpannedPartition& one : platform.spanned)
    all += file_systems_of_node(platform, one.name) * one.nodes;
  return all;
}

std::optional<double> ComparedFigure::off() const {
  if (!published || derived == 0) return std::nullopt;
  return derived / *published - 1;
}

MachineFigures machine_figures(const PlatformDescription& platform, const GpuDescription& gpu,
                               bool with_bisection) {
  const PublishedDescription none;
  const PublishedDescription& said = platform.published ? *platform.published : none;
  MachineFigures found;
  const auto add = [&](const char* name, const char* unit, double scale, double derived, double published,
                       const Place& place) {
    ComparedFigure& one = found.figures.emplace_back();
    one = {name, unit, derived / scale, std::nullopt, place};
    if (published > 0) one.published = published / scale;
  };
  const double devices = *platform.nodes * *platform.node.gpus;
  add("devices", "", 1, devices, *said.devices, said.devices.place);
  const auto peak = [&](const char* name, Dtype dtype, const Figure<FlopsPerSecond>& published) {
    add(name, "PFLOP/s", 1e15, devices * peak_of(gpu, dtype), published->value, published.place);
  };
  peak("fp64", Dtype::fp64, said.peak_fp64);
  peak("bf16", Dtype::bf16, said.peak_bf16);
  peak("fp8", Dtype::fp8, said.peak_fp8);
  peak("fp4", Dtype::fp4, said.peak_fp4);
  add("injection", "GB/s a node", 1e9, *platform.node.nics * platform.fabric.injection->value,
      said.injection->value, said.injection.place);
  double bisection = 0;
  if (with_bisection) {
    const Bisection cut = bisect(Topology(platform), 1);
    if (!cut.halves.empty()) {
      bisection = cut.halves.front().carried.value;
      found.bisection_share = cut.halves.front().share();
    }
  }
  add("bisection", "TB/s", 1e12, bisection, said.bisection->value, said.bisection.place);
  add("storage", "GB/s", 1e9, storage_of(platform), said.storage->value, said.storage.place);
  add("power", "MW", 1e6, power_at_limits(platform, gpu).value, said.power->value, said.power.place);
  add("HPL", "PFLOP/s", 1e15, 0, said.rmax->value, said.rmax.place);
  return found;
}

}  // namespace aifsim
