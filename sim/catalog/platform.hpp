// A platform: nodes, their wiring, the fabric, and the measured behaviour of collectives (platforms/*.yaml).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/algorithm.hpp"
#include "catalog/collective_models.hpp"
#include "catalog/fabric.hpp"
#include "catalog/facility.hpp"
#include "catalog/figure.hpp"
#include "catalog/published.hpp"
#include "catalog/storage.hpp"
#include "catalog/workload.hpp"

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

// Nodes that share their scale-up switch: `nodes` in a row have the device `through` in common (NVL72: the 18
// trays of a rack). Transfers between them never reach a NIC.
struct ScaleUpDescription {
  std::string through;  // a device that the wiring names; "" where every node stands alone
  Figure<double> nodes{1, {}, Confidence::assumed, {}};
  Place place;
};

struct NodeDescription {
  std::string gpu;  // id of a GPU model; "" where a node has none
  Place gpu_place;
  Figure<double> gpus;   // per node
  Figure<double> nics;   // per node
  Figure<double> cpus;   // sockets per node
  Figure<Bytes> memory;  // host memory
  std::vector<WiringRule> wiring;
  bool switch_reduction = false;  // the switches inside it can sum (NVLink SHARP)
  ScaleUpDescription scale_up;
  std::optional<DrivesDescription> nvme;
};

// What other jobs on the fabric cost a training step: fitted to whole steps on the busy machine.
struct NeighboursDescription {
  Figure<Seconds> delay;                                 // more, of each message between nodes
  Figure<double> leave{1, {}, Confidence::assumed, {}};  // share of the bandwidth between nodes
};

// Constants of the machine's GPU library (NCCL, RCCL) on two classes of path, inside a node or scale-up domain
// and between them: fitted, few, physical. Equations in sim/collectives/price.hpp.
struct CommunicationDescription {
  Figure<double> intra_node_efficiency;  // share of the links' rate that a collective reaches inside
  Figure<Seconds> intra_node_step;       // per message inside, one after the other
  Figure<double> inter_node_efficiency;  // share of the rate between nodes, at 2 nodes
  Figure<double> loss_per_doubling;      // share of it lost at each doubling of the nodes beyond 2
  Figure<Seconds> inter_node_step;       // per message between nodes
  Figure<Seconds> launch, bulk_start;    // once; once more by the protocol for large buffers
  Figure<double> low_latency_share;  // of that protocol's bandwidth, by the one for small buffers; 0: none
  Figure<Seconds> intra_node_low_step, inter_node_low_step;  // its messages
  Figure<Seconds> intra_node_ramp;                           // per square root of a byte
  Figure<double> inter_node_ramp;                            // of the geometric mean of latency and transfer
  Figure<double> loss_per_rank_doubling;                     // of the share inside, beyond 2 ranks
  Figure<BytesPerSecond> copy_bandwidth;                     // of a rank's own block; 0: takes no time
  Figure<double> in_switch_efficiency;  // share of the links' rate where a switch sums; 0: as others
  Figure<Seconds> peer_gap;             // between messages to several ranks at once
  Figure<double> log_spread;            // of log(measured / predicted); 0: not fitted to collectives
  AlphaBeta control;                    // of the same rows; 0: none
  NeighboursDescription neighbours;
  Algorithm all_reduce = Algorithm::automatic;  // what the installed library uses, where it is known
};

// The clock at which this machine's GPUs settle in whole training steps.
struct ClockDescription {
  Figure<double> sustained;  // speed of all kernels in a step over that of each alone: power cap and cooling
};

// How well predictions of whole training steps met measured ones, on rows left out of the fit.
struct CalibrationDescription {
  Figure<double> log_residual_sd;  // standard deviation of log(measured / predicted), dense models
  // The same of models with experts, of adapters trained alone, of other networks, of rollouts, where it is larger.
  Figure<double> experts_log_residual_sd, adapters_log_residual_sd, networks_log_residual_sd,
      rollouts_log_residual_sd;
  Figure<double> rows;                       // rows behind it
  Figure<double> smallest_job, largest_job;  // GPUs of those rows; 0 where there are none
  std::vector<Sharding> shardings;           // of those rows; empty: not told
  Figure<double> most_micro_batches{1, {}, Confidence::assumed, {}};  // of one step, over those rows
};

// Like nodes of a machine that has several kinds of them on one fabric.
struct PartitionDescription {
  std::string name;
  std::int64_t first_place = -1;  // on the fabric, of its first node; -1: after the partition before it
  // As its own keys have them, and else the machine's.
  Figure<double> nodes;
  NodeDescription node;
  Figure<BytesPerSecond> injection;
  Figure<Seconds> nic_latency;
  Place place;
  std::string machine = {};  // that it is of, where several are joined; "": the platform is one
};

// What jobs hold in turn and no model looks into: a quantum computer beside the nodes.
struct SharedDeviceDescription {
  std::string name;
  Figure<double> count{1, {}, Confidence::assumed, {}};  // so many jobs hold one at a time
};

// Of the partitions that a job on "a+b" spans: whose meter its nodes draw from, and what they draw.
struct SpannedPartition {
  std::string name, site;
  Figure<double> nodes;
  std::optional<FacilityDescription> facility;
  std::optional<PowerDescription> power;
  std::optional<CostDescription> cost;
  double nodes_of_cost = 0;  // that `cost` is of: more where it stands for several of them
};

// A machine as a job on one of its partitions sees it: `node` and all that follows are that partition's, the fabric
// is that of all.
struct PlatformDescription {
  std::string name, title, site;  // name: "leonardo", or "leonardo:booster" of a partition
  Place place;
  std::string machine_title;  // of all partitions together
  std::string partition;      // "" where all nodes are alike; "a+b": alike nodes of several
  std::vector<PartitionDescription> partitions;  // all; empty where all nodes are alike
  Figure<double> nodes;
  NodeDescription node;
  FabricDescription fabric;
  std::vector<FileSystemDescription> file_systems;
  std::vector<StorageTierDescription> storage;
  std::vector<SharedDeviceDescription> devices;
  CommunicationDescription communication;
  CollectiveModels collectives;  // what libraries were measured to take
  ClockDescription clock;
  CalibrationDescription calibration;
  std::optional<FacilityDescription> facility;
  std::optional<PowerDescription> power;
  std::optional<CostDescription> cost;    // "a+b": of all of them together
  std::vector<std::string> without_cost;  // of "a+b": those that do not say what they cost
  std::vector<SpannedPartition> spanned;  // of "a+b", in the order of their nodes; else empty
  std::optional<PublishedDescription> published;
};

}  // namespace aifsim
