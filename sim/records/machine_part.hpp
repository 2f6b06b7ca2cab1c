// What topology files say of a machine: the wiring of a node (nvidia-smi topo -m, NCCL's XML) or the network
// between nodes (Slurm's topology.conf, ibnetdiscover ...). Written as a platform file by machine_yaml.cpp.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "records/input.hpp"

namespace aifsim::records {

// A figure as text with its unit, and how well it is founded.
struct PartFigure {
  std::string value, source;
  Confidence confidence = Confidence::assumed;
};

struct PartLink {
  std::string from, to;
  PartFigure bandwidth, latency;
};

struct NodePart {
  std::string gpu;  // of the catalogue; "" where nobody says
  std::size_t gpus = 0, nics = 0, cpus = 0;
  PartFigure cpus_source;
  bool nics_assumed = false, switch_reduction = false;
  std::vector<PartLink> links;
  std::optional<PartFigure> injection;  // of a NIC
};

struct NetworkSwitch {
  std::string name;
  std::size_t nodes = 0;
  std::vector<std::size_t> nics;  // all where empty
};
struct NetworkEdge {
  std::string from, to, bandwidth;
  std::size_t links = 1;
};
struct NetworkPart {
  std::vector<NetworkSwitch> switches;  // nodes fill them in this order
  std::vector<NetworkEdge> edges;
  std::size_t nodes = 0;
  std::size_t nics = 0;      // of a node; 0 where the file does not say
  PartFigure injection;      // of a NIC
  std::string edges_source;  // where the bandwidth and number of links come from
  bool logical = false;      // switches stand for whole layers
};

// What the user says beside the files.
struct MachineGiven {
  std::string gpu;  // of the catalogue
  const Catalog* catalog = nullptr;
  std::string link_rate;        // "200Gbps"
  double oversubscription = 1;  // of switches whose uplinks the file does not count
  std::size_t nics_per_node = 0;
  std::vector<std::string> nics;  // names of those that belong to the fabric; all where empty
};

struct MachinePart {
  std::optional<NodePart> node;
  std::optional<NetworkPart> network;
  std::vector<std::string> notes;
  void note(const std::string& text);  // once each, at most 32
};

struct TopologyFormat {
  const char* name;
  const char* what;  // one line for `aifsim import --list`
  bool of_node;      // a node's wiring, else a network
  bool (*looks_like)(std::string_view head);
  MachinePart (*read)(const Input& input, const MachineGiven& given);
};

std::span<const TopologyFormat> topologies();

extern const TopologyFormat topo_matrix, nccl_topology, slurm_topology, ibnetdiscover, iblinkinfo;

// What links of a GPU generation carry, per direction, where a file tells only classes and counts.
struct LinkRates {
  PartFigure nvlink;        // of one link of NVLink or xGMI; value in bytes per second as text
  double nvlink_bytes = 0;  // 0: it has none
  int nvlinks = 0;          // of a GPU
  PartFigure pcie;
  double pcie_bytes = 0;
};
// By the catalogue's word for the architecture ("Hopper"); "" or unknown ones: assumed figures.
LinkRates rates_of(std::string_view architecture);
// What the catalogue says of a GPU; "" for one that it does not have.
std::string architecture_of(const MachineGiven& given, const std::string& gpu);
// The architecture of a compute capability as NCCL writes it (sm="90"); "" where it is none that is known.
std::string architecture_of_sm(int sm);

std::string rate_text(double bytes_per_second);  // "32GB/s"

// Latencies that no topology file tells.
PartFigure latency_of(const char* kind);  // "nvlink", "nvlink to switch", "pcie", "host", "sockets", "c2c"
PartFigure rate_between_sockets();

}  // namespace aifsim::records
