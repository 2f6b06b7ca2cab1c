// Small machines, described in C++ so that these tests need no YAML.
#pragma once
#include <numeric>
#include <string>
#include <vector>

#include "catalog/platform.hpp"

namespace aifsim::test {

template <class T>
Figure<T> figure(T value) {
  return {value, "invented for a test", Confidence::assumed, {"test.yaml", 7, 3}};
}
inline Figure<double> count(double value) { return figure(value); }

inline WiringRule rule(std::string from, std::string to, double gigabytes_per_second, double microseconds,
                       Pairing pairing = Pairing::all) {
  return {std::move(from),
          std::move(to),
          pairing,
          figure(BytesPerSecond{gigabytes_per_second * 1e9}),
          figure(Seconds{microseconds * 1e-6}),
          {"test.yaml", 9, 5}};
}

// Collectives at the links' full rate, and clocks that stay: times can be computed by hand.
inline PlatformDescription at_full_rate(PlatformDescription p) {
  CommunicationDescription& c = p.communication;
  c.intra_node_efficiency = c.inter_node_efficiency = count(1);
  c.intra_node_step = figure(Seconds{1e-6});
  c.inter_node_step = figure(Seconds{3e-6});
  c.loss_per_doubling = count(0);
  p.clock.sustained = count(1);
  return p;
}

// As a Leonardo node: a mesh between the GPUs, each GPU with its own NIC over PCIe, one CPU.
inline NodeDescription mesh_node(int gpus) {
  NodeDescription node;
  node.gpu = "some_gpu";
  node.gpus = count(gpus);
  node.nics = count(gpus);
  node.cpus = count(1);
  node.memory = figure(Bytes{512e9});
  if (gpus > 1) node.wiring.push_back(rule("gpu*", "gpu*", 100, 0.7));
  node.wiring.push_back(rule("gpu*", "nic*", 32, 0.5, Pairing::same_index));
  node.wiring.push_back(rule("cpu0", "gpu*", 32, 0.6));
  return node;
}

// Pairs of GPUs share a PCIe switch and its NIC; the GPUs meet in an NVSwitch.
inline NodeDescription switched_node() {
  NodeDescription node;
  node.gpu = "some_gpu";
  node.gpus = count(4);
  node.nics = count(2);
  node.cpus = count(2);
  node.memory = figure(Bytes{512e9});
  node.wiring = {rule("gpu*", "nvswitch0", 450, 0.15), rule("gpu0", "pcie0", 64, 0.2),
                 rule("gpu1", "pcie0", 64, 0.2),       rule("gpu2", "pcie1", 64, 0.2),
                 rule("gpu3", "pcie1", 64, 0.2),       rule("pcie*", "nic*", 64, 0.2, Pairing::same_index),
                 rule("cpu0", "pcie0", 64, 0.35),      rule("cpu1", "pcie1", 64, 0.35),
                 rule("cpu0", "cpu1", 40, 0.8)};
  return node;
}

inline PlatformDescription machine(NodeDescription node, double nodes) {
  PlatformDescription platform;
  platform.name = "small";
  platform.title = "Small machine";
  platform.place = {"test.yaml", 1, 1};
  platform.nodes = count(nodes);
  platform.node = std::move(node);
  platform.fabric.injection = figure(BytesPerSecond{12.5e9});
  platform.fabric.nic_latency = figure(Seconds{0.8e-6});
  platform.fabric.hop_latency = figure(Seconds{0.3e-6});
  return platform;
}

struct LevelShape {
  std::string name;
  double nodes, oversubscription;
};
inline PlatformDescription fat_tree(NodeDescription node, double nodes,
                                    const std::vector<LevelShape>& levels) {
  PlatformDescription platform = machine(std::move(node), nodes);
  FatTreeDescription tree;
  for (const LevelShape& level : levels)
    tree.levels.push_back(
        {level.name, count(level.nodes), count(level.oversubscription), count(1), {"test.yaml", 30, 5}});
  platform.fabric.topology = tree;
  platform.fabric.kind = "fat_tree";
  return platform;
}

// The same fabric with a second kind of nodes on it, after those that it has; jobs are on the first, called "a".
inline PlatformDescription with_partition(PlatformDescription platform, NodeDescription node, double nodes,
                                          double gigabytes_per_second) {
  platform.partition = "a";
  const auto injection = figure(BytesPerSecond{gigabytes_per_second * 1e9});
  platform.partitions = {{"a", 0, platform.nodes, platform.node, platform.fabric.injection,
                          platform.fabric.nic_latency, platform.place},
                         {"b", static_cast<std::int64_t>(*platform.nodes), count(nodes), std::move(node),
                          injection, platform.fabric.nic_latency, platform.place}};
  return platform;
}

struct CellsShape {
  double count, leaves, nodes_per_leaf;
};
inline PlatformDescription dragonfly_plus(NodeDescription node, double nodes,
                                          const std::vector<CellsShape>& cells, double spines,
                                          double global_links) {
  PlatformDescription platform = machine(std::move(node), nodes);
  DragonflyPlusDescription dragonfly;
  for (const CellsShape& shape : cells)
    dragonfly.cells.push_back(
        {count(shape.count), count(shape.leaves), count(shape.nodes_per_leaf), {}, {"test.yaml", 40, 7}});
  dragonfly.spine_switches = count(spines);
  dragonfly.leaf_spine_bandwidth = figure(BytesPerSecond{25e9});
  dragonfly.global_links = count(global_links);
  dragonfly.global_bandwidth = figure(BytesPerSecond{25e9});
  platform.fabric.topology = dragonfly;
  platform.fabric.kind = "dragonfly_plus";
  return platform;
}

// Leonardo Booster's shape: 19 cells of 18 leaves of 10 nodes, and one cell of 36 nodes.
inline PlatformDescription leonardo() {
  return dragonfly_plus(mesh_node(4), 3456, {{19, 18, 10}, {1, 6, 6}}, 18, 18);
}

inline std::vector<std::int64_t> first_nodes(std::int64_t nodes) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(nodes));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace aifsim::test
