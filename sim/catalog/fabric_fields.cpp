#include <fmt/format.h>

#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kSomeNodes{.min = 1, .max = 1e6, .whole = true};
constexpr Limits kNodesOrNone{.min = 0, .max = 1e6, .whole = true};
constexpr Limits kNicNumber{.min = 0, .max = 1023, .whole = true};
constexpr Limits kSwitches{.min = 1, .max = 1e5, .whole = true};

}  // namespace

template <>
struct TableOf<FatTreeLevel> {
  static Table<FatTreeLevel> make() {
    using T = FatTreeLevel;
    return {{
                required("name", &T::name, "Name of the level: leaf, island, core."),
                required("nodes", &T::nodes, kSomeNodes, "Nodes below one switch group of this level."),
                optional("oversubscription", &T::oversubscription, kPositive,
                         "Bandwidth that enters a group from below over bandwidth that leaves it upwards; "
                         "not for the topmost level, which has no uplink."),
                optional("uplinks", &T::uplinks, kSwitches,
                         "Parallel links up from a group, for routing ecmp and static; 1 where left out."),
            },
            {}};
  }
};

template <>
struct TableOf<FatTreeDescription> {
  static Table<FatTreeDescription> make() {
    using T = FatTreeDescription;
    return {{
                required("levels", &T::levels, "Levels of the tree, from the leaf switches up."),
            },
            {}};
  }
};

template <>
struct TableOf<LeafSpineDescription> {
  static Table<LeafSpineDescription> make() {
    using T = LeafSpineDescription;
    return {
        {
            required("leaf_switches", &T::leaf_switches, kSwitches, "Leaf switches of the machine."),
            required("nodes_per_leaf", &T::nodes_per_leaf, kSwitches, "Nodes below each leaf switch."),
            required("spine_switches", &T::spine_switches, kSwitches, "Spine switches of the machine."),
            required("spine_links", &T::spine_links, kSwitches, "Links between each leaf and each spine."),
            required("spine_bandwidth", &T::spine_bandwidth, kPositive,
                     "Of each link between a leaf and a spine, per direction."),
        },
        {}};
  }
};

template <>
struct TableOf<RailTreeDescription> {
  static Table<RailTreeDescription> make() {
    using T = RailTreeDescription;
    return {
        {
            required("units", &T::units, kSwitches,
                     "Units: sets of leaf switches, one for each NIC of a node."),
            required("nodes_per_unit", &T::nodes_per_unit, kSwitches, "Nodes below the leaves of a unit."),
            required("oversubscription", &T::oversubscription, kPositive,
                     "Bandwidth that enters a leaf from below over bandwidth that leaves it upwards."),
            required("uplinks", &T::uplinks, kSwitches, "Links up from each leaf."),
            optional("relay", &T::relay,
                     "Whether data for another rail change the rail inside the sending node, over its "
                     "scale-up links (NCCL: PXN); true where left out."),
        },
        {}};
  }
};

template <>
struct TableOf<MultiPlaneDescription> {
  static Table<MultiPlaneDescription> make() {
    using T = MultiPlaneDescription;
    return {{
                required("planes", &T::planes, kSwitches,
                         "Planes that are not joined; NIC i belongs to plane i modulo their number."),
                required("leaf_switches", &T::leaf_switches, kSwitches, "Leaf switches of each plane."),
                required("nodes_per_leaf", &T::nodes_per_leaf, kSwitches, "Nodes below each leaf switch."),
                required("oversubscription", &T::oversubscription, kPositive,
                         "Bandwidth that enters a leaf from below over bandwidth that leaves it upwards."),
                required("uplinks", &T::uplinks, kSwitches, "Links up from each leaf."),
            },
            {}};
  }
};

template <>
struct TableOf<CellGroup> {
  static Table<CellGroup> make() {
    using T = CellGroup;
    return {
        {
            required("count", &T::count, kSwitches, "Cells of this shape."),
            required("leaf_switches", &T::leaf_switches, kSwitches, "Leaf switches per cell."),
            optional("nodes_per_leaf", &T::nodes_per_leaf, kSwitches, "Nodes below each leaf switch."),
            optional(
                "nodes_on_leaves", &T::nodes_on_leaves, kSomeNodes,
                "Nodes below each leaf switch in turn, where the leaves differ; instead of nodes_per_leaf."),
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

template <>
struct TableOf<DragonflyGroups> {
  static Table<DragonflyGroups> make() {
    using T = DragonflyGroups;
    return {
        {
            required("name", &T::name, "Name of this shape of group."),
            required("count", &T::count, kSwitches, "Groups of this shape."),
            required("switches", &T::switches, kSwitches, "Switches per group, all joined with each other."),
            required("nodes", &T::nodes, kNodesOrNone,
                     "Nodes per group; 0 for a group of another partition."),
            required("nodes_per_switch", &T::nodes_per_switch, kSwitches,
                     "Nodes that reach the same switch."),
        },
        {}};
  }
};

template <>
struct TableOf<GlobalLinks> {
  static Table<GlobalLinks> make() {
    using T = GlobalLinks;
    return {{
                required("from", &T::from, "Name of a shape of group."),
                required("to", &T::to, "Name of a shape of group; may be the same."),
                required("links", &T::links, kSwitches, "Links between each pair of such groups."),
            },
            {}};
  }
};

template <>
struct TableOf<DragonflyDescription> {
  static Table<DragonflyDescription> make() {
    using T = DragonflyDescription;
    Field<T> links =
        required("global_links", &T::global_links, "Links between groups, for each pair of shapes.");
    links.read = [read = links.read](Reader& reader, const Node& node, T& out) {
      const Node* wrong = node.is_list() ? nullptr : &node;
      for (const Node& item : node.items)
        if (!wrong && !item.is_map()) wrong = &item;
      if (!wrong) return read(reader, node, out);
      reader.problem(
          wrong->place,
          fmt::format("expected links for each pair of shapes of group, such as [{{from: SHAPE, to: "
                      "SHAPE, links: 4}}], found {}",
                      wrong->found()));
    };
    return {
        {
            required("groups", &T::groups, "Groups of the machine by shape, in node order."),
            optional("spread_nics", &T::spread_nics, "Whether the NICs of a node are at different switches."),
            required("local_links", &T::local_links, kSwitches,
                     "Links between each pair of switches of a group."),
            required("local_bandwidth", &T::local_bandwidth, kPositive,
                     "Of each link inside a group, per direction."),
            std::move(links),
            required("global_bandwidth", &T::global_bandwidth, kPositive,
                     "Of each link between two groups, per direction."),
        },
        {}};
  }
};

// Switches on a grid.
template <class T>
Table<T> grid_table() {
  return {{
              required("sizes", static_cast<std::vector<double> T::*>(&T::sizes), kSwitches,
                       "Switches along each dimension: [8, 8, 8]."),
              required("nodes_per_switch", static_cast<Figure<double> T::*>(&T::nodes_per_switch), kSwitches,
                       "Nodes at each switch."),
              required("links", static_cast<Figure<double> T::*>(&T::links), kSwitches,
                       "Parallel links between two joined switches."),
              required("link_bandwidth", static_cast<Figure<BytesPerSecond> T::*>(&T::link_bandwidth),
                       kPositive, "Of each link, per direction."),
          },
          {}};
}

template <>
struct TableOf<TorusDescription> {
  static Table<TorusDescription> make() { return grid_table<TorusDescription>(); }
};

template <>
struct TableOf<HyperXDescription> {
  static Table<HyperXDescription> make() { return grid_table<HyperXDescription>(); }
};

template <>
struct TableOf<OpticalDescription> {
  static Table<OpticalDescription> make() {
    using T = OpticalDescription;
    return {
        {
            required("blocks", &T::blocks, kSwitches, "Blocks of nodes, each below one electrical switch."),
            required("nodes_per_block", &T::nodes_per_block, kSwitches, "Nodes of a block."),
            required("ports", &T::ports, kSwitches, "Optical ports of a block."),
            required("port_bandwidth", &T::port_bandwidth, kPositive, "Of each optical port, per direction."),
            optional("circuits", &T::circuits,
                     "How circuits join the blocks of a job: every pair (mesh), or each with its two "
                     "neighbours (ring)."),
        },
        {}};
  }
};

template <>
struct TableOf<GraphSwitch> {
  static Table<GraphSwitch> make() {
    using T = GraphSwitch;
    return {
        {
            required("name", &T::name, "Name of the switch."),
            required("nodes", &T::nodes, kNodesOrNone,
                     "Nodes at this switch; nodes fill the switches in the order of this list."),
            optional("nics", &T::nics, kNicNumber,
                     "Which NICs of those nodes are plugged in here, counted from 0, where a node's NICs "
                     "are at several switches (rails); all where left out. The nodes fill the switches of "
                     "each NIC in the order of this list."),
        },
        {}};
  }
};

template <>
struct TableOf<GraphEdge> {
  static Table<GraphEdge> make() {
    using T = GraphEdge;
    return {{
                required("from", &T::from, "Name of a switch."),
                required("to", &T::to, "Name of a switch."),
                optional("links", &T::links, kSwitches, "Parallel links; 1 where left out."),
                required("bandwidth", &T::bandwidth, kPositive, "Of each link, per direction."),
            },
            {}};
  }
};

template <>
struct TableOf<GraphDescription> {
  static Field<GraphDescription> edges_file() {
    Field<GraphDescription> field =
        optional("edges_file", &GraphDescription::edges_file,
                 "CSV file, relative to this one, with the columns from, to, bandwidth and perhaps links.");
    field.read = read_edges;
    return field;
  }
  static Table<GraphDescription> make() {
    using T = GraphDescription;
    return {{
                required("switches", &T::switches, "Switches with their nodes."),
                optional("edges", &T::edges, "Which switches are joined."),
                edges_file(),
            },
            {}};
  }
};

template <>
struct TableOf<SiteDescription> {
  static Table<SiteDescription> make() {
    using T = SiteDescription;
    return {{
                required("name", &T::name, "Name of the site."),
                required("nodes", &T::nodes, kSomeNodes, "Nodes at the site."),
                required("nodes_per_leaf", &T::nodes_per_leaf, kSwitches, "Nodes below each leaf switch."),
                required("oversubscription", &T::oversubscription, kPositive,
                         "Bandwidth that enters a leaf from below over bandwidth that leaves it upwards."),
            },
            {}};
  }
};

template <>
struct TableOf<WanLink> {
  static Table<WanLink> make() {
    using T = WanLink;
    return {{
                required("from", &T::from, "Name of a site."),
                required("to", &T::to, "Name of a site."),
                required("rate", &T::rate, kPositive, "Of the link, per direction."),
                required("round_trip", &T::round_trip, kPositive, "Round-trip time between the sites."),
                required("window", &T::window, kPositive, "Bytes in flight that each stream may have."),
                required("streams", &T::streams, kSwitches, "Streams that share the link."),
            },
            {}};
  }
};

template <>
struct TableOf<SitesDescription> {
  static Table<SitesDescription> make() {
    using T = SitesDescription;
    return {{
                required("sites", &T::sites, "Sites of the machine, in node order."),
                required("wan", &T::wan, "Wide-area links between sites."),
            },
            {}};
  }
};

template <>
struct TableOf<JoinedDescription> {
  static Table<JoinedDescription> make() {
    using T = JoinedDescription;
    return {{
                optional("wan", &T::wan,
                         "Wide-area links between the sites where the platform's `machines` are."),
            },
            {}};
  }
};

Table<JoinedMachine> TableOf<JoinedMachine>::make() {
  using T = JoinedMachine;
  return {
      {
          required("name", &T::name, "Its partitions are called by it: federation:leonardo_booster."),
          required("at", &T::at, "Name of the site whose router it hangs on; the fabric's wan joins sites."),
          required("uplink", &T::uplink, kPositive, "To that router, per direction."),
          required("fabric", &T::fabric, "The network between its nodes."),
      },
      {}};
}

Table<FabricDescription> TableOf<FabricDescription>::make() {
  using T = FabricDescription;
  Table<T> made{
      {
          kind_field<T>({"fat_tree", "leaf_spine", "rail_tree", "multi_plane", "dragonfly_plus", "dragonfly",
                         "torus", "hyperx", "optical", "graph", "sites", "joined"},
                        &T::kind, "The topology."),
          required("injection", &T::injection, kPositive, "Bandwidth of each NIC, per direction."),
          required("nic_latency", &T::nic_latency, kNotNegative,
                   "Of a NIC and its cable to the leaf switch."),
          required("hop_latency", &T::hop_latency, kNotNegative, "Of each further hop between two switches."),
          optional("routing", &T::routing,
                   "How a route chooses among parallel links: as one wide link (adaptive), by a hash of both "
                   "ends (ecmp), by the destination (static), or as is usual for the topology."),
          optional("hash", &T::hash, kCountOrZero,
                   "Number from which the hash of routing ecmp starts: each other one is another draw of "
                   "which transfers "
                   "meet on a link."),
          optional("efficiency", &T::efficiency, kShare,
                   "Share of the links between switches that data get; 1 where left out."),
      },
      check_fabric};
  add_alternative<FatTreeDescription>(made, "fat_tree", &T::topology);
  add_alternative<LeafSpineDescription>(made, "leaf_spine", &T::topology);
  add_alternative<RailTreeDescription>(made, "rail_tree", &T::topology);
  add_alternative<MultiPlaneDescription>(made, "multi_plane", &T::topology);
  add_alternative<DragonflyPlusDescription>(made, "dragonfly_plus", &T::topology);
  add_alternative<DragonflyDescription>(made, "dragonfly", &T::topology);
  add_alternative<TorusDescription>(made, "torus", &T::topology);
  add_alternative<HyperXDescription>(made, "hyperx", &T::topology);
  add_alternative<OpticalDescription>(made, "optical", &T::topology);
  add_alternative<GraphDescription>(made, "graph", &T::topology);
  add_alternative<SitesDescription>(made, "sites", &T::topology);
  add_alternative<JoinedDescription>(made, "joined", &T::topology);
  return made;
}

}  // namespace aifsim::catalog
