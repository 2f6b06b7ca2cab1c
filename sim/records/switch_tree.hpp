// The switches that a file of Slurm names, and the network that they make. The file tells neither rates nor how many
// cables join two switches: the user's --link-rate and --oversubscription count, else assumed figures. Blocks say
// nothing of the network: a switch for each, all below one, is assumed.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "records/machine_part.hpp"

namespace aifsim::records {

constexpr std::size_t kMostNodes = 65536;  // Slurm's own bound
constexpr std::size_t kMostSwitches = 16384, kMostChildren = 500'000;

struct SlurmSwitch {
  std::vector<std::string> nodes, below;
  Place place;
  bool block = false;
};

class SwitchTree {
 public:
  // InputError for a second one of a name, a name that no file of edges can hold, or too many.
  void add(const std::string& name, SlurmSwitch at);
  bool empty() const { return order_.empty(); }
  bool mixed() const { return blocks_ > 0 && blocks_ < order_.size(); }  // switches and blocks
  // InputError for what does not hang together.
  MachinePart part(const MachineGiven& given);

 private:
  std::size_t nodes_below(const std::string& name, std::size_t depth);
  NetworkPart network(const MachineGiven& given, MachinePart& part);

  std::map<std::string, SlurmSwitch> switches_;
  std::vector<std::string> order_;
  std::map<std::string, std::size_t> below_;
  std::size_t blocks_ = 0, names_ = 0, children_ = 0;
};

// topology.yaml of Slurm 25.05 and later.
MachinePart read_slurm_yaml(const Input& input, const MachineGiven& given);
bool looks_like_slurm_yaml(std::string_view head);

}  // namespace aifsim::records
