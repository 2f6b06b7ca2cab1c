// The network between nodes, as platform files describe it. Each kind says which nodes meet in which switch,
// and what joins the switches; sim/machine/ has one file for each, with its routes and their assumptions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

// How a route chooses among parallel links.
//   adaptive  all of them as one wide link: an ideal spread
//   ecmp      one of them, by a hash of both ends
//   fixed     one of them, by the destination's number modulo theirs ("static" in YAML)
// usual stands for the kind's own choice.
enum class Routing { usual, adaptive, ecmp, fixed };

// k-level fat tree. Level 0 is the leaf switch; `nodes` below one switch group of the level (e.g. 32, 160,
// 1120); `oversubscription` is the ratio of bandwidth entering the group's switches from below to that
// leaving upwards. The topmost level has no uplink.
struct FatTreeLevel {
  std::string name;
  Figure<double> nodes;
  Figure<double> oversubscription;
  Figure<double> uplinks{1, {}, Confidence::assumed, {}};  // parallel links up; matters to ecmp and fixed
  Place place;
};
struct FatTreeDescription {
  std::vector<FatTreeLevel> levels;
};

// Leaf-spine Ethernet: every leaf has `spine_links` links to every spine.
struct LeafSpineDescription {
  Figure<double> leaf_switches, nodes_per_leaf, spine_switches, spine_links;
  Figure<BytesPerSecond> spine_bandwidth;  // per link and direction
};

// Rail-optimised tree: NIC i of every node of a unit meets in the unit's leaf i; all leaves meet in spines.
struct RailTreeDescription {
  Figure<double> units, nodes_per_unit;
  Figure<double> oversubscription;  // of a leaf
  Figure<double> uplinks;           // of a leaf
  bool relay = true;                // between rails inside the sending node, so that the spines see less
};

// Planes that are not joined: NIC i belongs to plane i mod `planes`, each a leaf-spine of its own.
struct MultiPlaneDescription {
  Figure<double> planes, leaf_switches, nodes_per_leaf;
  Figure<double> oversubscription;  // of a leaf of a plane
  Figure<double> uplinks;           // of a leaf of a plane
};

// Dragonfly+ (Shpiner et al. 2017): cells of leaf and spine switches, cells joined by global links between
// spines.
struct CellGroup {
  Figure<double> count;                 // cells of this shape
  Figure<double> leaf_switches;         // per cell
  Figure<double> nodes_per_leaf;        // 0 where nodes_on_leaves says it leaf by leaf
  std::vector<double> nodes_on_leaves;  // where leaves differ: one number for each
  Place place;
};
struct DragonflyPlusDescription {
  std::vector<CellGroup> cells;
  Figure<double> spine_switches;                // per cell; every leaf has one link to every spine
  Figure<BytesPerSecond> leaf_spine_bandwidth;  // per link and direction
  Figure<double> global_links;                  // links between each pair of cells
  Figure<BytesPerSecond> global_bandwidth;      // per link and direction
};

// Dragonfly (Kim et al. 2008): groups of switches, all joined inside a group; all groups joined.
struct DragonflyGroups {
  std::string name;
  Figure<double> count;             // groups of this shape
  Figure<double> switches;          // per group
  Figure<double> nodes;             // per group; 0: of another partition, which this file does not describe
  Figure<double> nodes_per_switch;  // that reach the same switch
  Place place;
};
struct GlobalLinks {
  std::string from, to;  // names of shapes
  Figure<double> links;  // between each pair of groups
  Place place;
};
struct DragonflyDescription {
  std::vector<DragonflyGroups> groups;
  bool spread_nics = false;    // NIC i of a node is at the i-th switch of the node's set of switches
  Figure<double> local_links;  // between each pair of switches of a group
  Figure<BytesPerSecond> local_bandwidth;  // per link and direction
  std::vector<GlobalLinks> global_links;
  Figure<BytesPerSecond> global_bandwidth;  // per link and direction
};

// Switches at the points of a lattice. Torus: joined with the next point of each dimension, around the edge
// too. HyperX: joined with every other point of the same row of each dimension.
struct LatticeDescription {
  std::vector<double> sizes;
  Figure<double> nodes_per_switch;
  Figure<double> links;                   // parallel links between joined switches
  Figure<BytesPerSecond> link_bandwidth;  // per link and direction
};
struct TorusDescription : LatticeDescription {};
struct HyperXDescription : LatticeDescription {};

// Optical circuit switch: blocks of nodes below an electrical switch; circuits join the blocks of a job.
enum class Circuits { mesh, ring };
struct OpticalDescription {
  Figure<double> blocks, nodes_per_block;
  Figure<double> ports;                   // optical ports of a block
  Figure<BytesPerSecond> port_bandwidth;  // per port and direction
  Circuits circuits = Circuits::mesh;     // between the blocks of a job
};

// Any network: named switches, how many nodes each has, and which are joined.
struct GraphSwitch {
  std::string name;
  Figure<double> nodes;      // they fill the switches in this order
  std::vector<double> nics;  // which NICs of those nodes are plugged in here; all where empty
  Place place = {};
};
struct GraphEdge {
  std::string from, to;
  Figure<double> links{1, {}, Confidence::assumed, {}};  // parallel
  Figure<BytesPerSecond> bandwidth;                      // per link and direction
  Place place;
};
struct GraphDescription {
  std::vector<GraphSwitch> switches;
  std::vector<GraphEdge> edges;  // in the platform file, or read from `edges_file`
  std::string edges_file;        // CSV with the columns from, to, bandwidth and, where more than 1, links
};

// Several sites, each a leaf-spine, joined by wide-area links.
struct SiteDescription {
  std::string name;
  Figure<double> nodes, nodes_per_leaf;
  Figure<double> oversubscription;  // of a leaf
  Place place;
};
struct WanLink {
  std::string from, to;
  Figure<BytesPerSecond> rate;  // per direction
  Figure<Seconds> round_trip;
  Figure<Bytes> window;    // in flight, of each stream
  Figure<double> streams;  // that share the link
  Place place;
};
// What the streams of a link reach together: min(rate, streams * window / round trip).
BytesPerSecond throughput(const WanLink& link);
struct SitesDescription {
  std::vector<SiteDescription> sites;
  std::vector<WanLink> wan;
};

// Machines with fabrics of their own, each behind the router of its site; the routers joined by wide-area links. What
// the machines are stands in the platform (`machines`), and comes here with it.
struct JoinedMachine;
struct JoinedDescription {
  std::vector<JoinedMachine> machines;
  std::vector<WanLink> wan;
};

struct FabricDescription {
  std::variant<FatTreeDescription, LeafSpineDescription, RailTreeDescription, MultiPlaneDescription,
               DragonflyPlusDescription, DragonflyDescription, TorusDescription, HyperXDescription,
               OpticalDescription, GraphDescription, SitesDescription, JoinedDescription>
      topology;
  std::string kind;                  // the word of the alternative
  Figure<BytesPerSecond> injection;  // per NIC and direction
  Figure<Seconds> nic_latency;       // NIC and its cable to the leaf switch
  Figure<Seconds> hop_latency;       // each further switch-to-switch hop
  Routing routing = Routing::usual;
  std::int64_t hash = 0;  // of ecmp: where it starts from
  Figure<double> efficiency{
      1, {}, Confidence::assumed, {}};  // share of each link between switches that data get
  Place place;
};

// The one that it has where its description says `usual`.
Routing routing_of(const FabricDescription& fabric);

struct JoinedMachine {
  std::string name;
  std::string at;                 // site, whose router it hangs on
  Figure<BytesPerSecond> uplink;  // to the router, per direction
  FabricDescription fabric;
  Place place;
};
// Places on the fabric that the machine has, which follow those of the machines before it.
struct PlaceRange {
  std::int64_t first = 0, count = 0;
};
std::vector<PlaceRange> places_of_machines(const JoinedDescription& joined);
// Names of the sites in the order in which machines first name them.
std::vector<std::string> sites_of(const JoinedDescription& joined);

// How many nodes with so many NICs the fabric can hold.
double places_for_nodes(const FabricDescription& fabric, double nics = 1);

}  // namespace aifsim
