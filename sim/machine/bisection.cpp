#include "machine/bisection.hpp"

#include <fmt/core.h>

#include <algorithm>
// gcc 12 mistakes the optional inside the iterator over all edges for one that may be unset.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <map>
#include <numeric>
#include <queue>

#include "base/hash.hpp"

namespace aifsim {
namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
struct FlowVertex {
  boost::default_color_type colour = boost::white_color;
  Traits::edge_descriptor before;
  long distance = 0;
};
struct FlowEdge {
  std::int64_t capacity = 0, residual = 0;  // bytes per second, whole: a flow of doubles may never end
  Traits::edge_descriptor reverse;
};
using FlowGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, FlowVertex, FlowEdge>;

void add_edge(FlowGraph& graph, std::size_t from, std::size_t to, double capacity) {
  const auto there = boost::add_edge(from, to, graph).first, back = boost::add_edge(to, from, graph).first;
  graph[there].capacity = static_cast<std::int64_t>(capacity);
  graph[there].reverse = back;
  graph[back].reverse = there;
}

class Cutter {
 public:
  explicit Cutter(const Topology& machine) : machine_(machine), fabric_(machine.fabric()) {
    for (const Fabric::Link& link : fabric_.links()) joined_[{link.from, link.to}] += link.capacity.value;
  }

  // From the nodes of `inside` to all others.
  Cut cut(std::string name, const std::vector<bool>& inside) const {
    const std::size_t source = fabric_.switches(), sink = source + 1;
    FlowGraph graph(sink + 1);
    for (const auto& [ends, capacity] : joined_) add_edge(graph, ends.first, ends.second, capacity);
    std::map<SwitchId, double> sends, receives;
    Cut result{std::move(name), std::count(inside.begin(), inside.end(), true), {}, {}};
    for (std::int64_t node = 0; node < machine_.nodes(); ++node)
      for (std::int64_t nic = 0; nic < machine_.nics_per_node(); ++nic)
        (inside[static_cast<std::size_t>(node)] ? sends
                                                : receives)[fabric_.switch_of(machine_.port(node, nic))] +=
            machine_.capacity(machine_.nic_out(node, nic)).value;
    for (const auto& [at, capacity] : sends) add_edge(graph, source, at, capacity);
    for (const auto& [at, capacity] : receives) add_edge(graph, at, sink, capacity);
    const auto carried = boost::boykov_kolmogorov_max_flow(
        graph, boost::get(&FlowEdge::capacity, graph), boost::get(&FlowEdge::residual, graph),
        boost::get(&FlowEdge::reverse, graph), boost::get(&FlowVertex::before, graph),
        boost::get(&FlowVertex::colour, graph), boost::get(&FlowVertex::distance, graph),
        boost::get(boost::vertex_index, graph), source, sink);
    const std::int64_t smaller = std::min(result.nodes, machine_.nodes() - result.nodes);
    result.wanted = injection_of(machine_) * static_cast<double>(smaller);
    result.carried = BytesPerSecond{static_cast<double>(carried)};
    return result;
  }

  static BytesPerSecond injection_of(const Topology& machine) {
    return machine.nics_per_node() == 0
               ? BytesPerSecond{0}
               : machine.capacity(machine.nic_out(0, 0)) * static_cast<double>(machine.nics_per_node());
  }

 private:
  const Topology& machine_;
  const Fabric& fabric_;
  std::map<std::pair<SwitchId, SwitchId>, double> joined_;
};

void sort_by_share(std::vector<Cut>& cuts) {
  std::stable_sort(cuts.begin(), cuts.end(),
                   [](const Cut& a, const Cut& b) { return a.share() < b.share(); });
}

// An order of so many things that follows from a number.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(mixed(seed + mixed(a)), a) < std::pair(mixed(seed + mixed(b)), b);
  });
  return order;
}

std::vector<Cut> halves_of(const Topology& machine, const Cutter& cutter,
                           const std::vector<std::vector<std::int64_t>>& groups, std::uint64_t seed) {
  const auto nodes = static_cast<std::size_t>(machine.nodes());
  std::vector<Cut> cuts;
  std::vector<bool> first(nodes, false);
  std::fill(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(nodes / 2), true);
  cuts.push_back(cutter.cut("first half of the nodes", first));
  std::vector<bool> even(nodes, false);
  for (std::size_t i = 0; i < nodes; i += 2) even[i] = true;
  cuts.push_back(cutter.cut("every second node", even));
  if (groups.size() < 3) return cuts;
  const auto by_groups = [&](std::string name, const std::vector<std::size_t>& order) {
    std::vector<bool> inside(nodes, false);
    for (std::size_t i = 0; i < order.size() / 2; ++i)
      for (const std::int64_t node : groups[order[i]]) inside[static_cast<std::size_t>(node)] = true;
    cuts.push_back(cutter.cut(std::move(name), inside));
  };
  std::vector<std::size_t> in_turn;
  for (std::size_t start : {0, 1})
    for (std::size_t g = start; g < groups.size(); g += 2) in_turn.push_back(g);
  by_groups("every second group", in_turn);
  for (std::uint64_t draw = 0; draw < 4; ++draw)
    by_groups(fmt::format("half of the groups, draw {}", draw + 1),
              shuffled(groups.size(), mixed(seed + draw)));
  return cuts;
}

// Max-min fair shares of flows over links of equal claim, by filling the scarcest link first.
std::vector<double> fair_rates(const std::vector<std::vector<LinkId>>& flows,
                               const std::vector<double>& capacity) {
  std::vector<std::vector<std::uint32_t>> users(capacity.size());
  for (std::uint32_t f = 0; f < flows.size(); ++f)
    for (const LinkId link : flows[f]) users[link].push_back(f);
  std::vector<double> left = capacity, rate(flows.size(), -1);
  std::vector<std::size_t> open(capacity.size());
  using Entry = std::pair<double, LinkId>;  // share of each open flow, link
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  for (LinkId link = 0; link < capacity.size(); ++link) {
    open[link] = users[link].size();
    if (open[link] > 0) queue.push({left[link] / static_cast<double>(open[link]), link});
  }
  while (!queue.empty()) {
    const auto [share, link] = queue.top();
    queue.pop();
    if (open[link] == 0) continue;
    const double now = left[link] / static_cast<double>(open[link]);
    if (now > share * (1 + 1e-12)) {  // others have left it since
      queue.push({now, link});
      continue;
    }
    for (const std::uint32_t f : users[link]) {
      if (rate[f] >= 0) continue;
      rate[f] = now;
      for (const LinkId other : flows[f]) {
        left[other] = std::max(0.0, left[other] - now);
        --open[other];
      }
    }
  }
  return rate;
}

void add_permutations(const Topology& machine, std::uint64_t seed, Bisection& result) {
  if (machine.nodes() < 2 || machine.nics_per_node() == 0) return;
  result.draws = 4;
  double sum = 0;
  for (int draw = 0; draw < result.draws; ++draw) {
    const std::vector<std::size_t> order =
        shuffled(static_cast<std::size_t>(machine.nodes()), mixed(seed) + static_cast<std::uint64_t>(draw));
    std::vector<double> capacity;
    for (const Fabric::Link& link : machine.fabric().links()) capacity.push_back(link.capacity.value);
    std::vector<std::vector<LinkId>> flows;
    const double injection = machine.capacity(machine.nic_out(0, 0)).value;
    for (std::size_t i = 0; i < order.size(); ++i)
      for (std::int64_t nic = 0; nic < machine.nics_per_node(); ++nic) {
        const FabricPort from = machine.port(static_cast<std::int64_t>(order[i]), nic),
                         to = machine.port(static_cast<std::int64_t>(order[(i + 1) % order.size()]), nic);
        std::vector<LinkId>& flow = flows.emplace_back();
        machine.fabric().route(from, to, 0, flow);
        flow.push_back(static_cast<LinkId>(capacity.size()));  // its NIC
        capacity.push_back(injection);
      }
    double mean = 0;
    for (const double rate : fair_rates(flows, capacity)) {
      mean += rate / injection / static_cast<double>(flows.size());
      result.permutation_least = std::min(result.permutation_least, rate / injection);
    }
    sum += mean;
  }
  result.permutation_mean = sum / result.draws;
}

}  // namespace

Bisection bisect(const Topology& machine, std::uint64_t seed) {
  Bisection result;
  result.injection = Cutter::injection_of(machine) * static_cast<double>(machine.nodes());
  if (machine.nics_per_node() > 0) {
    const BytesPerSecond nic = machine.capacity(machine.nic_out(0, 0));
    result.levels.push_back({"nic out", static_cast<std::size_t>(machine.nodes() * machine.nics_per_node()),
                             nic, nic, result.injection});
  }
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < machine.fabric().link_count(); ++i) {
    const BytesPerSecond capacity = machine.fabric().link(i).capacity;
    const auto [at, is_new] = known.try_emplace(machine.fabric().class_name(i), result.levels.size());
    if (is_new) result.levels.push_back({at->first, 0, capacity, capacity, {}});
    LevelBandwidth& level = result.levels[at->second];
    ++level.links;
    level.least = std::min(level.least, capacity);
    level.most = std::max(level.most, capacity);
    level.total += capacity;
  }
  if (machine.nodes() < 2 || machine.nics_per_node() == 0) return result;

  std::vector<std::vector<std::int64_t>> groups;
  for (std::int64_t node = 0; node < machine.nodes(); ++node) {
    const auto group = static_cast<std::size_t>(machine.group_of(node));
    if (group >= groups.size()) groups.resize(group + 1);
    groups[group].push_back(node);
  }
  std::erase_if(groups, [](const auto& nodes) { return nodes.empty(); });
  const Cutter cutter(machine);
  result.halves = halves_of(machine, cutter, groups, seed);
  constexpr std::size_t most_groups = 64;  // alike ones add nothing but time
  for (std::size_t g = 0; g < groups.size() && groups.size() > 1; ++g) {
    if (g >= most_groups && g + 1 < groups.size()) continue;
    std::vector<bool> inside(static_cast<std::size_t>(machine.nodes()), false);
    for (const std::int64_t node : groups[g]) inside[static_cast<std::size_t>(node)] = true;
    result.groups.push_back(cutter.cut(fmt::format("group {}", machine.group_of(groups[g].front())), inside));
  }
  sort_by_share(result.halves);
  sort_by_share(result.groups);
  add_permutations(machine, seed, result);
  return result;
}

}  // namespace aifsim
