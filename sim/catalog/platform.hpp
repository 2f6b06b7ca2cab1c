// A platform: nodes, their wiring, the fabric, and the measured behaviour of collectives (platforms/*.yaml).
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/units.hpp"
#include "catalog/algorithm.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

// One line of a node's wiring. Devices are named kind+index: gpu0, nic3, cpu0, pcie1, nvswitch0.
// `from`/`to` are one device ("cpu0") or all of a kind ("gpu*").
enum class Pairing { all, same_index };  // every pair, or gpu_i with nic_i
struct WiringRule {
  std::string from, to;
  Pairing pairing = Pairing::all;
  Figure<BytesPerSecond> bandwidth;  // per direction and pair, full duplex
  Figure<Seconds> latency;
  Place place;
};

struct NodeDescription {
  std::string gpu;  // id of a GPU model
  Place gpu_place;
  Figure<double> gpus;   // per node
  Figure<double> nics;   // per node
  Figure<double> cpus;   // sockets per node
  Figure<Bytes> memory;  // host memory
  std::vector<WiringRule> wiring;
};

// k-level fat tree. Level 0 is the leaf switch; `nodes` below one switch group of the level (e.g. 32, 160,
// 1120); `oversubscription` is the ratio of bandwidth entering the group's switches from below to that
// leaving upwards. The topmost level has no uplink. Uplinks of a group are one trunk (ideal spread; see
// Routing).
struct FatTreeLevel {
  std::string name;
  Figure<double> nodes;
  Figure<double> oversubscription;
  Place place;
};
struct FatTreeDescription {
  std::vector<FatTreeLevel> levels;
};

// Dragonfly+ (Shpiner et al. 2017): cells of leaf and spine switches, cells joined by global links between
// spines.
struct CellGroup {
  Figure<double> count;          // cells of this shape
  Figure<double> leaf_switches;  // per cell
  Figure<double> nodes_per_leaf;
  Place place;
};
struct DragonflyPlusDescription {
  std::vector<CellGroup> cells;
  Figure<double> spine_switches;                // per cell; every leaf has one link to every spine
  Figure<BytesPerSecond> leaf_spine_bandwidth;  // per link and direction
  Figure<double> global_links;                  // links between each pair of cells
  Figure<BytesPerSecond> global_bandwidth;      // per link and direction
};

struct FabricDescription {
  std::variant<FatTreeDescription, DragonflyPlusDescription> topology;
  std::string kind;                  // "fat_tree" | "dragonfly_plus"
  Figure<BytesPerSecond> injection;  // per NIC and direction
  Figure<Seconds> nic_latency;       // NIC and its cable to the leaf switch
  Figure<Seconds> hop_latency;       // each further switch-to-switch hop
  Place place;
};

// How NCCL collectives behave on this platform: fitted, few, physical. Equations in sim/collectives/cost.hpp.
struct CommunicationDescription {
  Figure<double> intra_node_efficiency;         // share of the scale-up bandwidth that a collective reaches
  Figure<Seconds> intra_node_step;              // seconds per ring step inside a node
  Figure<double> inter_node_efficiency;         // share of the injection bandwidth, at 2 nodes
  Figure<double> loss_per_doubling;             // share of it lost at each doubling of the nodes beyond 2
  Figure<Seconds> inter_node_step;              // seconds per ring step between nodes
  Figure<double> compute_slowdown;              // extra time of a kernel while a collective runs on its GPU
  Algorithm all_reduce = Algorithm::automatic;  // what the installed library uses, where it is known
};

// What the software adds to a training step on this platform.
struct SoftwareDescription {
  // Speed of all kernels in a whole step over their burst speed alone: the power cap's lower clock, and what
  // eager execution loses between kernels.
  Figure<double> sustained_speed;
  Figure<Seconds> host_per_step;  // once per step: optimizer bookkeeping, data, logging
};

// How well predictions of whole training steps met measured ones, on rows left out of the fit.
struct CalibrationDescription {
  Figure<double> log_residual_sd;            // standard deviation of log(measured / predicted)
  Figure<double> rows;                       // rows behind it
  Figure<double> smallest_job, largest_job;  // GPUs of those rows; 0 where there are none
};

struct PlatformDescription {
  std::string name, title, site;
  Place place;
  Figure<double> nodes;
  NodeDescription node;
  FabricDescription fabric;
  CommunicationDescription communication;
  SoftwareDescription software;
  CalibrationDescription calibration;
};

}  // namespace aifsim
