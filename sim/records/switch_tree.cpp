#include "records/switch_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/quote.hpp"

namespace aifsim::records {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    if (all.size() > 100) return all + ",...";
    all += (all.empty() ? "" : ",") + name;
  }
  return all;
}

}  // namespace

void SwitchTree::add(const std::string& name, SlurmSwitch at) {
  const Place place = at.place;
  if (name.empty()) throw InputError(place, "expected the name of a switch or block");
  for (const char c : name)
    if (c <= ' ' || c > '~' || c == '"' || c == ',')
      throw InputError(
          place, fmt::format("expected a name of printable letters without commas, found {}", quote(name)));
  if (order_.size() == kMostSwitches)
    throw InputError(place, fmt::format("more than {} switches", kMostSwitches));
  names_ += at.nodes.size();
  children_ += at.below.size();
  if (names_ > kMostNodes) throw InputError(place, fmt::format("more than {} nodes", kMostNodes));
  if (children_ > kMostChildren)
    throw InputError(place, fmt::format("more than {} pairs of switches", kMostChildren));
  blocks_ += at.block;
  if (!switches_.emplace(name, std::move(at)).second)
    throw InputError(place, fmt::format("a second switch of the name {}", quote(name)));
  order_.push_back(name);
}

MachinePart SwitchTree::part(const MachineGiven& given) {
  MachinePart part;
  part.network = network(given, part);
  return part;
}

// Nodes at a switch or below it.
std::size_t SwitchTree::nodes_below(const std::string& name, std::size_t depth) {
  if (const auto known = below_.find(name); known != below_.end()) return known->second;
  const SlurmSwitch& at = switches_.at(name);
  if (depth > 64) throw InputError(at.place, fmt::format("the switch {} is below itself", quote(name)));
  std::size_t sum = at.nodes.size();
  for (const std::string& child : at.below) {
    if (!switches_.count(child))
      throw InputError(at.place, fmt::format("no switch is named {}", quote(child)));
    sum += nodes_below(child, depth + 1);
  }
  return below_[name] = sum;
}

NetworkPart SwitchTree::network(const MachineGiven& given, MachinePart& part) {
  NetworkPart network;
  std::set<std::string_view> seen;
  std::map<std::string, std::vector<std::string>> parents;
  for (const std::string& name : order_) {
    const SlurmSwitch& at = switches_.at(name);
    if (at.nodes.empty() && at.below.empty())
      throw InputError(at.place, fmt::format("{} has neither Nodes nor Switches", quote(name)));
    for (const std::string& node : at.nodes)
      if (!seen.insert(node).second)
        throw InputError(at.place, fmt::format("the node {} is at two switches", quote(node)));
    for (const std::string& child : at.below) parents[child].push_back(name);
    network.switches.push_back({name, at.nodes.size(), {}});
    nodes_below(name, 0);
  }
  network.nodes = seen.size();
  network.nics = given.nics_per_node;
  network.logical = true;
  const std::size_t nics = std::max<std::size_t>(1, given.nics_per_node);
  const std::string rate = given.link_rate.empty() ? "200Gbps" : given.link_rate;
  network.injection = given.link_rate.empty()
                          ? PartFigure{rate, "Slurm's file tells no rate: assumed", Confidence::assumed}
                          : PartFigure{rate, "given with --link-rate", Confidence::derived};
  network.edges_source = fmt::format(
      "{}; as many links upwards as NICs below{}", network.injection.source,
      given.oversubscription == 1 ? ", which is assumed" : fmt::format(" over {:g}", given.oversubscription));
  std::vector<std::string> roots;
  for (const std::string& name : order_) {
    const auto found = parents.find(name);
    if (found == parents.end()) {
      roots.push_back(name);
      continue;
    }
    const double share = static_cast<double>(below_[name] * nics) / given.oversubscription /
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
               1.0, std::ceil(static_cast<double>(below_[name] * nics) / given.oversubscription - 1e-9)))});
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
  if (given.link_rate.empty())
    part.note("Slurm's file tells no rates: 200Gbps is assumed for every link; --link-rate RATE sets it");
  if (given.nics_per_node == 0)
    part.note("Slurm's file tells no NICs: one per node is assumed; --nics-per-node N sets it");
  if (given.oversubscription == 1 && !network.edges.empty())
    part.note(
        "Slurm's file tells no number of cables: as many upwards as NICs below; --oversubscription X sets "
        "it");
  return network;
}

}  // namespace aifsim::records
