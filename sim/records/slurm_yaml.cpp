// Slurm's topology.yaml (25.05 and later): several topologies of a cluster, each a tree, blocks, or flat.
//
//   - topology: ib
//     cluster_default: true
//     tree:
//       switches:
//         - switch: top
//           children: leaf[0-1]
//         - switch: leaf0
//           nodes: tux[00-15]
//   - topology: nvl
//     block:
//       block_sizes: [18]
//       blocks:
//         - block: b0
//           nodes: tux[00-17]
//
// The first with cluster_default is taken, else the first tree, else the first with blocks.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/document.hpp"
#include "records/hostlist.hpp"
#include "records/lines.hpp"
#include "records/switch_tree.hpp"

namespace aifsim::records {
namespace {

using catalog::Node;

constexpr int kMostValues = 400'000;
constexpr std::size_t kLargestYaml = 16 << 20;

void known_keys(const Node& map, std::initializer_list<std::string_view> keys) {
  for (const Node::Entry& entry : map.entries)
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
      throw InputError(entry.place, fmt::format("unknown key {}{}", quote(entry.key),
                                                suggestion(entry.key, {keys.begin(), keys.size()})));
}

const Node& at(const Node& map, std::string_view key, Node::Kind kind, const char* what) {
  const Node* found = map.find(key);
  if (!found || found->kind != kind)
    throw InputError(found ? found->place : map.place, fmt::format("expected {}: {}, found {}", key, what,
                                                                   found ? found->found() : "no such key"));
  return *found;
}

// A host list, or a YAML list of them.
std::vector<std::string> hosts(const Node& map, std::string_view key, std::size_t most) {
  const Node* found = map.find(key);
  if (!found || found->kind == Node::Kind::null) return {};
  if (found->is_scalar()) return expanded_hosts(found->text, found->place, most);
  if (!found->is_list())
    throw InputError(found->place, fmt::format("expected a list of names, found {}", found->found()));
  std::vector<std::string> all;
  for (const Node& item : found->items) {
    if (!item.is_scalar())
      throw InputError(item.place, fmt::format("expected names, found {}", item.found()));
    for (std::string& name : expanded_hosts(item.text, item.place, most)) all.push_back(std::move(name));
    if (all.size() > most) throw InputError(item.place, fmt::format("a list of more than {} names", most));
  }
  return all;
}

bool is_default(const Node& topology) {
  const Node* found = topology.find("cluster_default");
  return found && found->is_scalar() && lower(found->text) == "true";
}

std::string name_of(const Node& topology) {
  const Node* found = topology.find("topology");
  return found && found->is_scalar() ? found->text : "";
}

const Node& chosen(const Node& root, MachinePart& part) {
  const Node* best = nullptr;
  const auto take = [&](const auto& fits) {
    for (const Node& topology : root.items)
      if (!best && topology.is_map() && fits(topology)) best = &topology;
  };
  const auto has_switches = [](const Node& t) { return t.find("tree") || t.find("block"); };
  take([&](const Node& t) { return is_default(t) && has_switches(t); });
  take([](const Node& t) { return t.find("tree") != nullptr; });
  take(has_switches);
  if (!best)
    throw InputError(
        root.place,
        "no topology with switches; expected one with `tree:` or `block:` (a flat one says nothing)");
  if (root.items.size() > 1)
    part.note(fmt::format("of {} topologies {}, {}, is taken", root.items.size(), quote(name_of(*best)),
                          is_default(*best)    ? "the cluster's default"
                          : best->find("tree") ? "the first tree"
                                               : "the first with blocks"));
  return *best;
}

void add_switches(SwitchTree& tree, const Node& topology) {
  const bool block = !topology.find("tree");
  const Node& of = at(topology, block ? "block" : "tree", Node::Kind::map, "a map");
  block ? known_keys(of, {"blocks", "block_sizes"}) : known_keys(of, {"switches"});
  const Node& list = at(of, block ? "blocks" : "switches", Node::Kind::list, "a list");
  for (const Node& one : list.items) {
    if (!one.is_map()) throw InputError(one.place, fmt::format("expected a map, found {}", one.found()));
    block ? known_keys(one, {"block", "nodes"}) : known_keys(one, {"switch", "children", "nodes"});
    const std::string& name = at(one, block ? "block" : "switch", Node::Kind::scalar, "a name").text;
    tree.add(name,
             {hosts(one, "nodes", kMostNodes), hosts(one, "children", kMostSwitches), one.place, block});
  }
  if (tree.empty()) throw InputError(list.place, "no switch in this list");
}

// The cleaned text, each line on its own number.
std::string text_of(const Input& input) {
  Lines lines(input);
  std::string text;
  for (int line = 1; lines.next();) {
    for (; line < lines.place().line; ++line) text += '\n';
    text += lines.text();
    if (text.size() > kLargestYaml) throw InputError(lines.place(), "a file of more than 16 MiB");
  }
  return text + '\n';
}

}  // namespace

MachinePart read_slurm_yaml(const Input& input, const MachineGiven& given) {
  int left = kMostValues;
  std::vector<Problem> problems;
  const Node root = catalog::parse_yaml(text_of(input), input.name(), left, problems, Node::Kind::list);
  if (!problems.empty()) throw InputError(problems);
  MachinePart notes;
  SwitchTree tree;
  add_switches(tree, chosen(root, notes));
  MachinePart part = tree.part(given);
  for (const std::string& note : notes.notes) part.note(note);
  return part;
}

bool looks_like_slurm_yaml(std::string_view head) {
  bool topology = false;
  for (const std::string_view line : lines_of(head)) {
    const std::string_view text = trimmed(line.substr(0, 4096));
    topology = topology || text.starts_with("- topology:");
    if (topology && (text.starts_with("tree:") || text.starts_with("block:") || text.starts_with("flat:")))
      return true;
  }
  return false;
}

}  // namespace aifsim::records
