#include <fmt/format.h>

#include <cmath>

#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kNodes{.min = 1, .max = 1e6, .whole = true};
constexpr Limits kPerNode{.min = 1, .max = 1024, .whole = true};
constexpr Limits kSwitches{.min = 1, .max = 1e5, .whole = true};

}  // namespace

template <>
struct TableOf<WiringRule> {
  static Table<WiringRule> make() {
    using T = WiringRule;
    return {{
                required("from", &T::from, "One device (cpu0) or all of a kind (gpu*)."),
                required("to", &T::to, "One device (cpu0) or all of a kind (gpu*)."),
                optional("pairing", &T::pairing, "Which pairs are linked: all, or those of the same index."),
                required("bandwidth", &T::bandwidth, kPositive, "Of each pair, per direction, full duplex."),
                required("latency", &T::latency, kNotNegative, "Of each pair."),
            },
            {}};
  }
};

template <>
struct TableOf<NodeDescription> {
  static Table<NodeDescription> make() {
    using T = NodeDescription;
    return {{
                required_at("gpu", &T::gpu, &T::gpu_place, {}, "Id of the GPU model, a file in gpu_models/."),
                required("gpus", &T::gpus, kPerNode, "GPUs per node."),
                required("nics", &T::nics, kPerNode, "Network interfaces per node."),
                required("cpus", &T::cpus, kPerNode, "CPU sockets per node."),
                required("memory", &T::memory, kPositive,
                         "Host memory per node. Described, not used in predictions."),
                required("wiring", &T::wiring, "Links between the devices of a node."),
            },
            check_wiring};
  }
};

template <>
struct TableOf<FatTreeLevel> {
  static Table<FatTreeLevel> make() {
    using T = FatTreeLevel;
    return {
        {
            required("name", &T::name, "Name of the level: leaf, island, core."),
            required("nodes", &T::nodes, kNodes, "Nodes below one switch group of this level."),
            optional(
                "oversubscription", &T::oversubscription, kPositive,
                "Bandwidth that enters a group from below over bandwidth that leaves it upwards; not for the "
                "topmost level, which has no uplink."),
        },
        {}};
  }
};

template <>
struct TableOf<FatTreeDescription> {
  static Table<FatTreeDescription> make() {
    return {
        {required("levels", &FatTreeDescription::levels, "Levels of the tree, from the leaf switches up.")},
        {}};
  }
};

template <>
struct TableOf<CellGroup> {
  static Table<CellGroup> make() {
    using T = CellGroup;
    return {{
                required("count", &T::count, kSwitches, "Cells of this shape."),
                required("leaf_switches", &T::leaf_switches, kSwitches, "Leaf switches per cell."),
                required("nodes_per_leaf", &T::nodes_per_leaf, kSwitches, "Nodes below each leaf switch."),
            },
            {}};
  }
};

template <>
struct TableOf<DragonflyPlusDescription> {
  static Table<DragonflyPlusDescription> make() {
    using T = DragonflyPlusDescription;
    return {{
                required("cells", &T::cells, "Cells of the machine, grouped by shape, in node order."),
                required("spine_switches", &T::spine_switches, kSwitches,
                         "Spine switches per cell; every leaf has one link to every spine."),
                required("leaf_spine_bandwidth", &T::leaf_spine_bandwidth, kPositive,
                         "Of each link between a leaf and a spine, per direction."),
                required("global_links", &T::global_links, kSwitches, "Links between each pair of cells."),
                required("global_bandwidth", &T::global_bandwidth, kPositive,
                         "Of each link between two cells, per direction."),
            },
            {}};
  }
};

namespace {

// Each level gathers whole groups of the level below; all but the topmost have an uplink.
void check_fat_tree(Reader& reader, const Node& fabric, const FatTreeDescription& tree) {
  const Reader::Step levels_step(reader, "levels");
  const Node& levels = *fabric.find("levels");
  for (std::size_t i = 0; i < tree.levels.size(); ++i) {
    const Reader::Step step(reader, i);
    const Node& level = levels.items[i];
    const bool topmost = i + 1 == tree.levels.size();
    const bool has_uplink = level.find("oversubscription") != nullptr;
    if (topmost && has_uplink) {
      reader.problem_in(level, "oversubscription", "the topmost level has no uplink, leave this key out");
    } else if (!topmost && !has_uplink) {
      reader.missing_key(level, "oversubscription", "Every level below the topmost has an uplink.");
    }
    if (i == 0) continue;
    const double below = tree.levels[i - 1].nodes, here = tree.levels[i].nodes;
    if (here <= below) {
      reader.problem_in(level, "nodes",
                        fmt::format("must be more than the {} of the level below, found {}", below, here));
    } else if (std::fmod(here, below) != 0) {
      reader.problem_in(
          level, "nodes",
          fmt::format("must be a multiple of the {} of the level below, found {}", below, here));
    }
  }
}

void check_fabric(Reader& reader, const Node& fabric, const FabricDescription& description) {
  if (const auto* tree = std::get_if<FatTreeDescription>(&description.topology)) {
    check_fat_tree(reader, fabric, *tree);
  }
}

// How many nodes the fabric can hold.
double places_for_nodes(const FabricDescription& fabric) {
  if (const auto* tree = std::get_if<FatTreeDescription>(&fabric.topology)) return tree->levels.back().nodes;
  double sum = 0;
  for (const CellGroup& group : std::get<DragonflyPlusDescription>(fabric.topology).cells) {
    sum += group.count * group.leaf_switches * group.nodes_per_leaf;
  }
  return sum;
}

void check_platform(Reader& reader, const Node& root, const PlatformDescription& platform) {
  const double places = places_for_nodes(platform.fabric);
  if (platform.nodes > places) {
    reader.problem_in(
        root, "nodes",
        fmt::format("the fabric has places for {} nodes only, found {}", places, platform.nodes.value));
  }
}

}  // namespace

template <>
struct TableOf<FabricDescription> {
  static Table<FabricDescription> make() {
    using T = FabricDescription;
    Table<T> made{
        {
            kind_field<T>({"fat_tree", "dragonfly_plus"}, &T::kind, "The topology."),
            required("injection", &T::injection, kPositive, "Bandwidth of each NIC, per direction."),
            required("nic_latency", &T::nic_latency, kNotNegative,
                     "Of a NIC and its cable to the leaf switch."),
            required("hop_latency", &T::hop_latency, kNotNegative,
                     "Of each further hop between two switches."),
        },
        check_fabric};
    add_alternative<FatTreeDescription>(made, "fat_tree", &T::topology);
    add_alternative<DragonflyPlusDescription>(made, "dragonfly_plus", &T::topology);
    return made;
  }
};

template <>
struct TableOf<CommunicationDescription> {
  static Table<CommunicationDescription> make() {
    using T = CommunicationDescription;
    return {
        {
            required("intra_node_efficiency", &T::intra_node_efficiency, kShare,
                     "Share of the scale-up bandwidth that a collective inside a node reaches."),
            required("intra_node_step", &T::intra_node_step, kNotNegative,
                     "Time per ring step inside a node."),
            required("inter_node_efficiency", &T::inter_node_efficiency, kShare,
                     "Share of the injection bandwidth that a collective over two nodes reaches."),
            required("loss_per_doubling", &T::loss_per_doubling, kShareLost,
                     "Share of it that each doubling of the nodes beyond two costs."),
            required("inter_node_step", &T::inter_node_step, kNotNegative,
                     "Time per ring step between nodes."),
            required("compute_slowdown", &T::compute_slowdown, kRatio,
                     "Extra time of a kernel, as a ratio, while a collective runs on its GPU."),
            optional("all_reduce", &T::all_reduce,
                     "Algorithm that the installed library uses for all-reduce, where it is known; automatic "
                     "takes the one with the least predicted time."),
        },
        {}};
  }
};

template <>
struct TableOf<SoftwareDescription> {
  static Table<SoftwareDescription> make() {
    using T = SoftwareDescription;
    return {{
                required("sustained_speed", &T::sustained_speed, kShare,
                         "Sustained over burst speed of kernels, under the power cap."),
                required("host_per_step", &T::host_per_step, kNotNegative,
                         "Host time once per step: optimizer bookkeeping, data, logging."),
            },
            {}};
  }
};

template <>
struct TableOf<CalibrationDescription> {
  static Table<CalibrationDescription> make() {
    using T = CalibrationDescription;
    return {
        {
            required("log_residual_sd", &T::log_residual_sd, kNotNegative,
                     "Standard deviation of log(measured / predicted) of whole steps kept out of the fit."),
            required("rows", &T::rows, kCountOrZero, "How many measured steps are behind it."),
            required("smallest_job", &T::smallest_job, kCountOrZero,
                     "GPUs of the smallest measured job; 0 for none."),
            required("largest_job", &T::largest_job, kCountOrZero,
                     "GPUs of the largest measured job; 0 for none."),
        },
        {}};
  }
};

Table<PlatformDescription> TableOf<PlatformDescription>::make() {
  using T = PlatformDescription;
  return {
      {
          kind_field<T>({"platform"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("site", &T::site, "Where the machine stands."),
          required("nodes", &T::nodes, kNodes, "Nodes of the machine."),
          required("node", &T::node, "What a node holds."),
          required("fabric", &T::fabric, "The network between the nodes."),
          required("communication", &T::communication, "How collectives behave on this machine."),
          required("software", &T::software, "What the software adds to a training step on this machine."),
          required("calibration", &T::calibration, "How well predictions met measured training steps."),
      },
      check_platform};
}

}  // namespace aifsim::catalog
