#include <fmt/format.h>
#include <algorithm>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/connected_components.hpp>
#include <map>
#include <optional>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::size_t kMostDevices = 10'000;

struct DeviceName {
  std::string kind;
  std::optional<int> index;  // none: all of the kind
};

std::optional<DeviceName> parse_device(std::string_view text) {
  const std::size_t letters = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  if (letters == 0 || letters == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(letters);
  DeviceName name{std::string(text.substr(0, letters)), std::nullopt};
  if (digits == "*") return name;
  const bool number = digits.find_first_not_of("0123456789") == std::string_view::npos &&
                      digits.size() <= 4 && (digits.size() == 1 || digits.front() != '0');
  if (!number) return std::nullopt;
  name.index = std::stoi(std::string(digits));
  return name;
}

// The devices of a node: gpu, nic and cpu as counted; any other (pcie0, nvswitch2) exists by being named.
class Devices {
 public:
  explicit Devices(const NodeDescription& node) {
    count("gpu", node.gpus);
    count("nic", node.nics);
    count("cpu", node.cpus);
    for (const WiringRule& rule : node.wiring) {
      for (const std::string& end : {rule.from, rule.to}) {
        const auto name = parse_device(end);
        if (name && name->index && !counted(name->kind)) indices_[name->kind].insert(*name->index);
      }
    }
  }

  static bool counted(const std::string& kind) { return kind == "gpu" || kind == "nic" || kind == "cpu"; }
  std::size_t total() const {
    std::size_t sum = 0;
    for (const auto& [kind, indices] : indices_) sum += indices.size();
    return sum;
  }

  // The indices that one end of a rule means; empty after telling why there are none.
  std::vector<int> resolve(Reader& reader, const Node& rule, std::string_view key, const std::string& text,
                           std::string& kind) const {
    const auto name = parse_device(text);
    if (!name) {
      reader.problem_in(rule, key,
                        fmt::format("expected a device such as gpu0, or all of a kind such as gpu*, found {}",
                                    quote(text)));
      return {};
    }
    kind = name->kind;
    const auto known = indices_.find(kind);
    if (known == indices_.end()) {
      std::vector<std::string_view> kinds;
      for (const auto& [other, indices] : indices_) kinds.push_back(other);
      reader.problem_in(rule, key,
                        fmt::format("no device of kind {} is named{}", quote(kind), suggestion(kind, kinds)));
      return {};
    }
    if (!name->index) return {known->second.begin(), known->second.end()};
    if (known->second.contains(*name->index)) return {*name->index};
    reader.problem_in(rule, key,
                      fmt::format("there is no {}: the node has {} {}, counted from 0", text,
                                  known->second.size(), known->second.size() == 1 ? kind : kind + "s"));
    return {};
  }

 private:
  void count(const char* kind, double number) {
    for (int i = 0; i < static_cast<int>(number); ++i) indices_[kind].insert(indices_[kind].end(), i);
  }

  std::map<std::string, std::set<int>> indices_;
};

using Device = std::pair<std::string, int>;

std::string text_of(const Device& device) { return device.first + std::to_string(device.second); }

// Links as pairs of devices, and the devices that some link touches.
class Links {
 public:
  // False when the pair is linked already.
  bool add(Device a, Device b) {
    if (b < a) std::swap(a, b);
    if (!pairs_.insert({a, b}).second) return false;
    boost::add_edge(vertex(a), vertex(b), graph_);
    return true;
  }
  int vertex(const Device& device) {
    const auto [at, fresh] = vertices_.try_emplace(device, static_cast<int>(vertices_.size()));
    if (fresh) boost::add_vertex(graph_);
    return at->second;
  }
  int degree(const Device& device) { return static_cast<int>(boost::degree(vertex(device), graph_)); }
  const std::map<Device, int>& vertices() const { return vertices_; }
  // Whether one device that is neither GPU, NIC nor CPU is linked with all GPUs.
  bool have_switch(std::size_t gpus) const {
    std::map<Device, std::size_t> linked;
    for (const auto& [a, b] : pairs_)
      if ((a.first == "gpu") != (b.first == "gpu")) ++linked[a.first == "gpu" ? b : a];
    return std::any_of(linked.begin(), linked.end(), [gpus](const auto& entry) {
      return !Devices::counted(entry.first.first) && entry.second == gpus;
    });
  }
  std::vector<int> components() const {
    std::vector<int> component(boost::num_vertices(graph_));
    if (!component.empty()) boost::connected_components(graph_, component.data());
    return component;
  }

 private:
  std::set<std::pair<Device, Device>> pairs_;
  std::map<Device, int> vertices_;
  boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> graph_;
};

void add_rule(Reader& reader, const Node& node, const WiringRule& rule, const Devices& devices,
              Links& links) {
  std::string from_kind, to_kind;
  const std::vector<int> from = devices.resolve(reader, node, "from", rule.from, from_kind);
  const std::vector<int> to = devices.resolve(reader, node, "to", rule.to, to_kind);
  if (from.empty() || to.empty()) return;
  const bool same_kind = from_kind == to_kind;
  if (rule.pairing == Pairing::same_index) {
    if (same_kind) {
      reader.problem_in(node, "pairing", "same_index would link each device with itself; use two kinds");
      return;
    }
    if (from != to) {
      reader.problem_in(
          node, "pairing",
          fmt::format("same_index needs the same devices on both sides, {} stands for {} and {} for {}",
                      rule.from, from.size(), rule.to, to.size()));
      return;
    }
  }
  for (int i : from) {
    for (int j : to) {
      if (rule.pairing == Pairing::same_index && i != j) continue;
      if (same_kind && i == j) {
        if (from.size() == 1 && to.size() == 1) {
          reader.problem_in(node, "to", fmt::format("{} is linked with itself", rule.from));
        }
        continue;
      }
      // gpu* with gpu* meets each pair twice and links it once.
      const bool mirrored = rule.from == rule.to && j < i;
      const Device a{from_kind, i}, b{to_kind, j};
      if (!mirrored && !links.add(a, b)) {
        reader.problem(node.place,
                       fmt::format("{} and {} are linked already; write one link with the whole bandwidth",
                                   text_of(a), text_of(b)));
        return;
      }
    }
  }
}

// Counts of devices that the platform or the scenario itself gives, and not the included file of the rules.
std::string counts_elsewhere(const NodeDescription& d, const Place& own, const Place& rules) {
  std::string text;
  for (const auto& [key, count] :
       {std::pair{"gpus", &d.gpus}, std::pair{"nics", &d.nics}, std::pair{"cpus", &d.cpus}})
    if (count->place.file != rules.file &&
        (count->place.file == own.file || count->source == set_by_scenario))
      text += fmt::format("; {} {} stands at {}", key, count->value, count->place.str());
  return text;
}

void check_links(Reader& reader, const Node& node, const Node& rules, const NodeDescription& description) {
  const Devices devices(description);
  if (devices.total() > kMostDevices) {
    reader.problem(rules.place, fmt::format("more than {} devices in a node", kMostDevices));
    return;
  }
  Links links;
  const std::size_t before = reader.problems.size();
  for (std::size_t i = 0; i < description.wiring.size(); ++i) {
    const Reader::Step rule_step(reader, i);
    add_rule(reader, rules.items[i], description.wiring[i], devices, links);
  }
  if (reader.problems.size() != before) return;
  if (description.switch_reduction && !links.have_switch(static_cast<std::size_t>(description.gpus.value)))
    reader.problem(node.find("switch_reduction")->place,
                   "switch_reduction is true, but no switch is linked with every GPU");

  for (const auto& [kind, number] : {std::pair{"gpu", description.gpus.value},
                                     {"nic", description.nics.value},
                                     {"cpu", description.cpus.value}}) {
    for (int i = 0; i < static_cast<int>(number); ++i) links.vertex({kind, i});
  }
  const std::vector<int> component = links.components();
  const Device first{description.gpus > 0 ? "gpu" : description.cpus > 0 ? "cpu" : "nic", 0};
  const int home = links.vertex(first);
  for (const auto& [device, vertex] : links.vertices()) {
    if (component[vertex] != component[home]) {
      reader.problem(rules.place,
                     fmt::format("no chain of links joins {} to {}", text_of(device), text_of(first)));
    } else if (!Devices::counted(device.first) && links.degree(device) < 2) {
      reader.problem(rules.place,
                     fmt::format("{} has one link only, so nothing passes through it", text_of(device)));
    }
  }
}

}  // namespace

void check_wiring(Reader& reader, const Node& node, const NodeDescription& description) {
  const Node& rules = *node.find("wiring");
  const Reader::Step step(reader, "wiring");
  const std::size_t before = reader.problems.size();
  check_links(reader, node, rules, description);
  for (std::size_t i = before; i < reader.problems.size(); ++i)
    reader.problems[i].message += counts_elsewhere(description, node.place, reader.problems[i].place);
}

}  // namespace aifsim::catalog
