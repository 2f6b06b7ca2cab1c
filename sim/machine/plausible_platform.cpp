#include "machine/plausible_platform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "machine/machine_figures.hpp"
#include "machine/power_bounds.hpp"
#include "machine/wiring.hpp"

namespace aifsim {
namespace {

using Found = std::vector<Problem>;

constexpr double gbps = 1e9 / 8;  // bytes per second of a Gb/s

std::string gigabytes(BytesPerSecond rate) { return fmt::format("{:.4g} GB/s", rate.value / 1e9); }

// Of the first GPU whose NIC is faster than the way to it; others are mostly alike.
void check_nics(const PlatformDescription& p, const NodeWiring& wiring, Found& found) {
  const BytesPerSecond injection = *p.fabric.injection;
  for (std::int64_t gpu = 0; gpu < wiring.gpus() && wiring.nics() > 0; ++gpu) {
    const std::int64_t nic = wiring.nic_of(gpu);
    const WiringLink* narrowest = nullptr;
    for (const std::uint32_t link : wiring.path(wiring.gpu(gpu), wiring.nic(nic))) {
      const WiringLink& one = wiring.links()[link];
      if (narrowest == nullptr || one.capacity < narrowest->capacity) narrowest = &one;
    }
    if (narrowest == nullptr || injection.value <= 1.02 * narrowest->capacity.value) continue;
    const auto name = [&](DeviceId device) { return wiring.devices()[device].name; };
    found.push_back(
        {p.fabric.injection.place,
         fmt::format(
             "NICs of {} behind {} ({} to {}, on the way from gpu{} to nic{}): no GPU can fill its NIC",
             gigabytes(injection), gigabytes(narrowest->capacity), name(narrowest->from), name(narrowest->to),
             gpu, nic)});
    return;
  }
}

void check_rates(const PlatformDescription& p, Found& found) {
  if (p.fabric.injection->value > 1600 * gbps * 1.02)
    found.push_back(
        {p.fabric.injection.place,
         fmt::format(
             "injection of {:.0f} Gb/s for each NIC; ports have up to 1600 Gb/s. Are GB/s meant to be "
             "Gbps, or is it the rate of a whole node?",
             p.fabric.injection->value / gbps)});
  if (p.fabric.injection->value < gbps)
    found.push_back(
        {p.fabric.injection.place,
         fmt::format("injection of {:.3g} Gb/s for each NIC; ports of clusters have 10 to 1600 Gb/s",
                     p.fabric.injection->value / gbps)});
  for (const WiringRule& rule : p.node.wiring) {
    const auto is = [&](std::string_view kind) {
      return device_kind(rule.from) == kind || device_kind(rule.to) == kind;
    };
    const double rate = rule.bandwidth->value / 1e9;
    if ((is("nic") || is("pcie")) && rate > 130)
      found.push_back(
          {rule.bandwidth.place,
           fmt::format("{:.4g} GB/s from {} to {}; 16 lanes of PCIe 4, 5, 6 have 32, 64, 128 GB/s per "
                       "direction",
                       rate, rule.from, rule.to)});
    else if (rate > 4000)
      found.push_back(
          {rule.bandwidth.place, fmt::format("{:.4g} GB/s from {} to {}; NVLink 5 has 900 GB/s per "
                                             "direction and GPU, NVLink 6 1800",
                                             rate, rule.from, rule.to)});
  }
}

// Where a message pauses: cables in a room and switches take nanoseconds to a few microseconds.
void check_latencies(const PlatformDescription& p, Found& found) {
  constexpr Seconds most{100e-6};
  const auto check = [&](const Figure<Seconds>& latency, const std::string& what) {
    if (*latency > most)
      found.push_back({latency.place, fmt::format("{} of {}; inside a machine they are below {}", what,
                                                  print(*latency), print(most))});
  };
  check(p.fabric.nic_latency, "nic_latency");
  check(p.fabric.hop_latency, "hop_latency");
  for (const WiringRule& rule : p.node.wiring)
    check(rule.latency, fmt::format("latency from {} to {}", rule.from, rule.to));
}

// Nodes on the fabric.
double nodes_of(const PlatformDescription& p) {
  if (p.partitions.empty()) return *p.nodes;
  double sum = 0;
  for (const PartitionDescription& partition : p.partitions) sum += *partition.nodes;
  return sum;
}

void check_tree(const PlatformDescription& p, const FatTreeDescription& tree, Found& found) {
  for (std::size_t l = 0; l + 1 < tree.levels.size(); ++l) {
    const FatTreeLevel& level = tree.levels[l];
    if (*level.oversubscription < 1)
      found.push_back(
          {level.oversubscription.place,
           fmt::format("oversubscription of {:g}: more leaves level {} than can enter it; 1 is a full tree",
                       *level.oversubscription, level.name)});
    if (nodes_of(p) <= *level.nodes) {
      found.push_back(
          {tree.levels[l + 1].place,
           fmt::format("level {} joins one group only: all {:g} nodes fit below one switch group of level {} "
                       "({:g} nodes)",
                       tree.levels[l + 1].name, nodes_of(p), level.name, *level.nodes)});
      return;
    }
  }
}

void check_fabric(const PlatformDescription& p, Found& found) {
  if (const auto* tree = std::get_if<FatTreeDescription>(&p.fabric.topology)) check_tree(p, *tree, found);
  if (const auto* spine = std::get_if<LeafSpineDescription>(&p.fabric.topology)) {
    const double in = *spine->nodes_per_leaf * *p.node.nics * p.fabric.injection->value;
    const double out = *spine->spine_switches * *spine->spine_links * spine->spine_bandwidth->value;
    if (out > 1.25 * in)
      found.push_back(
          {spine->spine_bandwidth.place,
           fmt::format("{} leave a leaf, but only {} can enter it: spine links that nothing fills",
                       gigabytes(BytesPerSecond{out}), gigabytes(BytesPerSecond{in}))});
  }
  const double places = places_for_nodes(p.fabric), nodes = nodes_of(p);
  if (nodes < 0.5 * places)
    found.push_back(
        {p.nodes.place, fmt::format("{:g} nodes in a fabric with places for {:g}: {:.0f} % are empty", nodes,
                                    places, std::floor(100 * (1 - nodes / places)))});
}

void check_memory(const PlatformDescription& p, const GpuDescription& gpu, Found& found) {
  const double host = p.node.memory->value, gpus = *p.node.gpus * gpu.memory->value;
  if (host > 0 && host < 0.5 * gpus)
    found.push_back(
        {p.node.memory.place,
         fmt::format(
             "host memory of {:.4g} GB beside {:.4g} GB on the GPUs: too little to hold what they load "
             "and save; is it per node?",
             host / 1e9, gpus / 1e9)});
  if (host > 64e12)
    found.push_back({p.node.memory.place, fmt::format("host memory of {:.4g} TB in one node", host / 1e12)});
}

// All parts of all nodes at their limits, against what rack and site can give.
void check_power(const PlatformDescription& p, const GpuDescription& own, Found& found) {
  if (!p.power) return;
  GpuDescription gpu;
  try {
    gpu = capped(own, p);
  } catch (const InputError& error) {
    found.push_back({error.problems().front().place, error.problems().front().message});
    return;
  }
  const PowerDescription& power = *p.power;
  const Watts node = (boards_of_node(gpu, p.node) + node_but_boards(power, p.node)) / power.conversion;
  if (power.rack_nodes > 0 && node * power.rack_nodes > *power.rack)
    found.push_back({power.rack.place,
                     fmt::format("a rack of {} nodes draws {} with all parts at their limits, and gets {}",
                                 *power.rack_nodes, print(node * power.rack_nodes), print(*power.rack))});
  if (!p.facility || p.facility->power->value == 0) return;
  const double pue = std::max(1.0, *p.facility->cooling.pue);
  const Watts site =
      (node + *power.fabric / power.conversion + file_systems_of_node(p, p.partition)) * p.nodes * pue;
  if (site > *p.facility->power)
    found.push_back({p.facility->power.place,
                     fmt::format("{} nodes draw {} at the meter with all parts at their limits, cooling "
                                 "included, and the site has {}: a power cap, fewer nodes, or more power",
                                 *p.nodes, print(site), print(*p.facility->power))});
}

// Capital and what making it emitted are of the whole machine, wherever they stand.
void check_cost(const PlatformDescription& p, Found& found) {
  if (!p.cost || !p.partitions.empty() || p.nodes.place.file.empty()) return;
  const auto elsewhere = [&](const Place& place) {
    return !place.file.empty() && place.file != p.nodes.place.file;
  };
  const bool capital = p.cost->capital->value > 0 && elsewhere(p.cost->capital.place);
  const bool embodied = p.cost->embodied->value > 0 && elsewhere(p.cost->embodied.place);
  if (!capital && !embodied) return;
  found.push_back(
      {p.nodes.place,
       fmt::format("{:g} nodes here, and {} of the whole machine in {}: if that is of another number of "
                   "nodes, it should be said here too",
                   *p.nodes,
                   capital && embodied ? "cost.capital and cost.embodied"
                   : capital           ? "cost.capital"
                                       : "cost.embodied",
                   (capital ? p.cost->capital.place : p.cost->embodied.place).file)});
}

void check_published(const PlatformDescription& p, const GpuDescription& gpu, Found& found) {
  if (!p.published || !p.published->differs.empty()) return;
  for (const ComparedFigure& one : machine_figures(p, gpu, p.published->bisection->value > 0).figures)
    if (const auto off = one.off(); off && std::abs(*off) > published_tolerance)
      found.push_back(
          {one.place, fmt::format("{} that follows from the parts is {:.4g} {}, {:+.0f} % against this; "
                                  "`differs` says why, or a part is wrong",
                                  one.name, one.derived, one.unit, 100 * *off)});
}

}  // namespace

std::vector<Problem> implausible(const PlatformDescription& platform, const GpuDescription& gpu) {
  Found found;
  check_nics(platform, NodeWiring(platform.node), found);
  check_rates(platform, found);
  check_latencies(platform, found);
  check_fabric(platform, found);
  check_memory(platform, gpu, found);
  check_power(platform, gpu, found);
  check_cost(platform, found);
  check_published(platform, gpu, found);
  return found;
}

}  // namespace aifsim
