// Slurm's topology.conf (tree and block plugins), and what `scontrol show topology` prints of it:
//
//   SwitchName=leaf0 Nodes=tux[0-15,20]
//   SwitchName=top Switches=leaf[0-3]
//
//   BlockName=b0 Nodes=tux[0-17]
//   BlockSizes=18
//
// Keys are of any case, '#' begins a comment, a backslash at the end continues a line. Since 25.05 topology.yaml
// (slurm_yaml.cpp) takes its place.
#include <fmt/format.h>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "records/hostlist.hpp"
#include "records/lines.hpp"
#include "records/switch_tree.hpp"

namespace aifsim::records {
namespace {

constexpr std::string_view kKeys[] = {"switchname", "nodes",      "switches",
                                      "blockname",  "blocksizes", "linkspeed"};

class ConfReader {
 public:
  ConfReader(const Input& input, const MachineGiven& given) : lines_(input), given_(given) {}

  MachinePart read() {
    std::string whole;
    Place begin;
    while (lines_.next()) {
      std::string_view line = lines_.text();
      line = trimmed(line.substr(0, line.find('#')));
      if (whole.empty()) begin = lines_.place();
      const bool more = line.ends_with('\\');
      if (more) line.remove_suffix(1);
      whole += (whole.empty() ? "" : " ") + std::string(line);
      if (whole.size() > (1 << 20)) throw InputError(begin, "a line of more than 1 MiB");
      if (more) continue;
      entry(whole, begin);
      whole.clear();
    }
    if (!whole.empty()) entry(whole, begin);
    if (tree_.empty())
      throw InputError(lines_.place(0),
                       "no switch; expected lines SwitchName=NAME Nodes=... or BlockName=NAME Nodes=...");
    if (tree_.mixed())
      throw InputError(lines_.place(0), "SwitchName and BlockName in one file; Slurm takes one of the two");
    return tree_.part(given_);
  }

 private:
  void entry(std::string_view line, const Place& place) {
    SlurmSwitch at;
    at.place = place;
    std::string name;
    bool level = false;
    for (const Word& word : words_of(line)) {
      const std::size_t equals = word.text.find('=');
      const std::string key = lower(word.text.substr(0, equals));
      if (equals == std::string_view::npos)
        throw InputError(place, fmt::format("expected KEY=VALUE, found {}", quote(word.text)));
      const std::string_view value = word.text.substr(equals + 1);
      if (key == "switchname" || key == "blockname") {
        name = value;
        at.block = key == "blockname";
      } else if (key == "nodes") {
        at.nodes = expanded_hosts(value, place, kMostNodes);
      } else if (key == "switches") {
        at.below = expanded_hosts(value, place, kMostSwitches);
      } else if (key == "level") {
        level = true;
      } else if (key == "blocksizes" || key == "blocksize" || key == "linkspeed" || key == "blockindex" ||
                 key == "aggregatedblock" || key == "aggregatedblocks") {
        continue;
      } else {
        throw InputError(place, fmt::format("unknown key {}{}", quote(word.text.substr(0, equals)),
                                            suggestion(key, kKeys)));
      }
    }
    if (name.empty()) return;
    // `scontrol show topology` lists all nodes below a switch again.
    if (level && !at.below.empty()) at.nodes.clear();
    tree_.add(name, std::move(at));
  }

  Lines lines_;
  const MachineGiven& given_;
  SwitchTree tree_;
};

MachinePart read_slurm_topology(const Input& input, const MachineGiven& given) {
  return looks_like_slurm_yaml(input.head()) ? read_slurm_yaml(input, given)
                                             : ConfReader(input, given).read();
}

bool looks_like_slurm_topology(std::string_view head) {
  if (looks_like_slurm_yaml(head)) return true;
  for (const std::string_view line : lines_of(head)) {
    const std::string text = lower(line.substr(0, 4096));
    if ((text.starts_with("switchname=") &&
         (holds(text, " nodes=") || holds(text, " switches=") || holds(text, " level="))) ||
        (text.starts_with("blockname=") && holds(text, " nodes=")))
      return true;
  }
  return false;
}

}  // namespace

const TopologyFormat slurm_topology{
    "slurm-topology", "Slurm's topology.conf and topology.yaml: the network between nodes (a platform file)",
    false, looks_like_slurm_topology, read_slurm_topology};

}  // namespace aifsim::records
