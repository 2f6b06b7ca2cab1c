// Slurm's topology.conf (tree and block plugins), and what `scontrol show topology` prints of it:
//
//   SwitchName=leaf0 Nodes=tux[0-15,20]
//   SwitchName=top Switches=leaf[0-3]
//
//   BlockName=b0 Nodes=tux[0-17]
//   BlockSizes=18
//
// Keys are of any case, '#' begins a comment, a backslash at the end continues a line. The file tells neither rates
// nor how many cables join two switches (LinkSpeed is free text that Slurm ignores): the user's --link-rate and
// --oversubscription count, else assumed figures. Blocks say nothing of the network: a switch for each, all below one,
// is assumed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "records/hostlist.hpp"
#include "records/lines.hpp"
#include "records/machine_part.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostNodes = 65536, kMostSwitches = 16384;  // Slurm's own bound on nodes

constexpr std::string_view kKeys[] = {"switchname", "nodes",      "switches",
                                      "blockname",  "blocksizes", "linkspeed"};

struct Switch {
  std::vector<std::string> nodes, below;
  Place place;
  bool block = false;
};

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
    if (order_.empty())
      throw InputError(lines_.place(0),
                       "no switch; expected lines SwitchName=NAME Nodes=... or BlockName=NAME Nodes=...");
    if (blocks_ > 0 && blocks_ < order_.size())
      throw InputError(lines_.place(0), "SwitchName and BlockName in one file; Slurm takes one of the two");
    MachinePart part;
    part.network = network(part);
    return part;
  }

 private:
  void entry(std::string_view line, const Place& place) {
    Switch at;
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
    for (const char c : name)
      if (c <= ' ' || c > '~' || c == '"' || c == ',')
        throw InputError(
            place, fmt::format("expected a name of printable letters without commas, found {}", quote(name)));
    // `scontrol show topology` lists all nodes below a switch again.
    if (level && !at.below.empty()) at.nodes.clear();
    if (order_.size() == kMostSwitches)
      throw InputError(place, fmt::format("more than {} switches", kMostSwitches));
    if (!switches_.emplace(name, std::move(at)).second)
      throw InputError(place, fmt::format("a second switch of the name {}", quote(name)));
    order_.push_back(name);
    blocks_ += switches_.at(name).block;
  }

  // Nodes at a switch or below it.
  std::size_t nodes_below(const std::string& name, std::size_t depth) {
    if (const auto known = below_.find(name); known != below_.end()) return known->second;
    const Switch& at = switches_.at(name);
    if (depth > 64) throw InputError(at.place, fmt::format("the switch {} is below itself", quote(name)));
    std::size_t sum = at.nodes.size();
    for (const std::string& child : at.below) {
      if (!switches_.count(child))
        throw InputError(at.place, fmt::format("no switch is named {}", quote(child)));
      sum += nodes_below(child, depth + 1);
    }
    return below_[name] = sum;
  }

  NetworkPart network(MachinePart& part) {
    NetworkPart network;
    std::set<std::string_view> seen;
    std::map<std::string, std::vector<std::string>> parents;
    for (const std::string& name : order_) {
      const Switch& at = switches_.at(name);
      if (at.nodes.empty() && at.below.empty())
        throw InputError(at.place, fmt::format("{} has neither Nodes nor Switches", quote(name)));
      for (const std::string& node : at.nodes)
        if (!seen.insert(node).second)
          throw InputError(at.place, fmt::format("the node {} is at two switches", quote(node)));
      if (seen.size() > kMostNodes) throw InputError(at.place, fmt::format("more than {} nodes", kMostNodes));
      for (const std::string& child : at.below) parents[child].push_back(name);
      network.switches.push_back({name, at.nodes.size(), {}});
      nodes_below(name, 0);
    }
    network.nodes = seen.size();
    network.nics = given_.nics_per_node;
    network.logical = true;
    const std::size_t nics = std::max<std::size_t>(1, given_.nics_per_node);
    const std::string rate = given_.link_rate.empty() ? "200Gbps" : given_.link_rate;
    network.injection = given_.link_rate.empty()
                            ? PartFigure{rate, "Slurm's file tells no rate: assumed", Confidence::assumed}
                            : PartFigure{rate, "given with --link-rate", Confidence::derived};
    network.edges_source =
        fmt::format("{}; as many links upwards as NICs below{}", network.injection.source,
                    given_.oversubscription == 1 ? ", which is assumed"
                                                 : fmt::format(" over {:g}", given_.oversubscription));
    std::vector<std::string> roots;
    for (const std::string& name : order_) {
      const auto found = parents.find(name);
      if (found == parents.end()) {
        roots.push_back(name);
        continue;
      }
      const double share = static_cast<double>(below_[name] * nics) / given_.oversubscription /
                           static_cast<double>(found->second.size());
      for (const std::string& parent : found->second)
        network.edges.push_back(
            {name, parent, rate, static_cast<std::size_t>(std::max(1.0, std::ceil(share - 1e-9)))});
    }
    if (blocks_ > 0 && roots.size() > 1) {
      std::string core = "core";
      while (switches_.count(core)) core += "_";
      network.switches.push_back({core, 0, {}});
      for (const std::string& name : roots)
        network.edges.push_back(
            {name, core, rate,
             static_cast<std::size_t>(std::max(
                 1.0,
                 std::ceil(static_cast<double>(below_[name] * nics) / given_.oversubscription - 1e-9)))});
      part.note(fmt::format(
          "blocks say how nodes hang together, not by what: a switch for each of {} blocks, all below "
          "one ({}), is assumed",
          roots.size(), core));
    } else if (roots.size() > 1) {
      throw InputError(
          switches_.at(roots[1]).place,
          fmt::format("nothing joins the switches {} and {}; add a line SwitchName=core Switches={}",
                      quote(roots[0]), quote(roots[1]), joined(roots)));
    }
    if (given_.link_rate.empty())
      part.note("topology.conf tells no rates: 200Gbps is assumed for every link; --link-rate RATE sets it");
    if (given_.nics_per_node == 0)
      part.note("topology.conf tells no NICs: one per node is assumed; --nics-per-node N sets it");
    if (given_.oversubscription == 1 && !network.edges.empty())
      part.note(
          "topology.conf tells no number of cables: as many upwards as NICs below; --oversubscription X sets "
          "it");
    return network;
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) {
      if (all.size() > 100) return all + ",...";
      all += (all.empty() ? "" : ",") + name;
    }
    return all;
  }

  Lines lines_;
  const MachineGiven& given_;
  std::map<std::string, Switch> switches_;
  std::vector<std::string> order_;
  std::map<std::string, std::size_t> below_;
  std::size_t blocks_ = 0;
};

MachinePart read(const Input& input, const MachineGiven& given) { return ConfReader(input, given).read(); }

bool looks_like(std::string_view head) {
  for (const std::string_view line : lines_of(head)) {
    const std::string text = lower(line.substr(0, 4096));
    if ((text.starts_with("switchname=") &&
         (has(text, " nodes=") || has(text, " switches=") || has(text, " level="))) ||
        (text.starts_with("blockname=") && has(text, " nodes=")))
      return true;
  }
  return false;
}

}  // namespace

const TopologyFormat slurm_topology{"slurm-topology",
                                    "Slurm's topology.conf: the network between nodes (a platform file)",
                                    false, looks_like, read};

}  // namespace aifsim::records
