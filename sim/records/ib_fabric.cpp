#include "records/ib_fabric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.hpp"
#include "base/quote.hpp"
#include "records/hostlist.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostCables = 500'000;

// "MF0;leaf01:MQM8700/U1" -> leaf01/U1; letters that no name should have become '_'.
std::string switch_name(std::string_view description) {
  if (const std::size_t semicolon = description.find(';'); semicolon != std::string_view::npos)
    description.remove_prefix(semicolon + 1);
  std::string name(description.substr(0, description.find(':')));
  if (const std::size_t colon = description.find(':'); colon != std::string_view::npos)
    if (const std::size_t slash = description.find('/', colon); slash != std::string_view::npos)
      name += description.substr(slash);
  if (name.ends_with("/U1")) name.resize(name.size() - 3);
  for (char& c : name)
    if (!(is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '/')) c = '_';
  return name;
}

}  // namespace

// What stands between the first pair of quotes behind `from`, and where it ends.
std::optional<std::string> in_quotes(std::string_view line, std::size_t& from) {
  const std::size_t begin = line.find('"', from);
  const std::size_t end = begin == std::string_view::npos ? begin : line.find('"', begin + 1);
  if (end == std::string_view::npos) return std::nullopt;
  from = end + 1;
  return std::string(line.substr(begin + 1, end - begin - 1));
}

MachinePart IbFabric::part(const Place& place) {
  place_ = place;
  name_switches();
  NetworkPart network;
  hosts(network);
  edges(network);
  part_.network = std::move(network);
  return std::move(part_);
}

void IbFabric::describe(const std::string& id, const std::string& description, const Place& place) {
  if (id.starts_with('S')) {
    const auto [at, fresh] = switches_.emplace(id, description);
    if (fresh) order_.push_back(id);
    if (at->second.empty()) at->second = description;
  } else if (!description.empty()) {
    adapters_.emplace(id, description);
  }
  if (order_.size() + adapters_.size() > kMostCables)
    throw InputError(place, fmt::format("more than {} devices", kMostCables));
}

void IbFabric::cable(End a, End b, double rate, const Place& place) {
  if (b < a) std::swap(a, b);
  double& known = cables_[{a, b}];
  known = std::max(known, rate);
  if (cables_.size() > kMostCables) throw InputError(place, fmt::format("more than {} cables", kMostCables));
}

// A name for each switch: its own, else its identity.
void IbFabric::name_switches() {
  std::map<std::string, int> uses;
  for (const std::string& id : order_) ++uses[switch_name(switches_[id])];
  for (const std::string& id : order_) {
    const std::string name = switch_name(switches_[id]);
    names_[id] = name.empty() || uses[name] > 1 ? name + (name.empty() ? "" : "_") + id : name;
  }
}

// Adapters by host: the first word of the description, unless it is the driver's default.
std::map<std::string, std::vector<IbFabric::Adapter>> IbFabric::by_host() {
  std::map<std::string, std::vector<Adapter>> hosts;
  std::size_t sharp = 0, unnamed = 0, slow = 0;
  for (const auto& [ends, rate] : cables_) {
    const auto& [a, b] = ends;
    const bool first = a.first.starts_with('H');
    const End &adapter = first ? a : b, &at = first ? b : a;
    if (!adapter.first.starts_with('H') || !at.first.starts_with('S')) continue;
    const auto found = adapters_.find(adapter.first);
    const std::string description = found == adapters_.end() ? "" : found->second;
    if (holds(description, "Aggregation Node")) {
      ++sharp;
      continue;
    }
    const std::vector<Word> words = words_of(description);
    const bool unknown = words.empty() || (words.size() > 1 && words[0].text.starts_with("MT") &&
                                           holds(description, "Mellanox"));
    unnamed += unknown;
    Adapter out{unknown ? adapter.first : std::string(words[0].text),
                words.size() > 1 ? std::string(words[1].text) : "", adapter.second, at.first, rate};
    slow += rate == 0;
    hosts[out.host].push_back(std::move(out));
  }
  if (sharp) part_.note(fmt::format("{} aggregation nodes of switches (SHARP) are no hosts", sharp));
  if (unnamed) part_.note(fmt::format("{} adapters without a host's name count as a host each", unnamed));
  if (slow && given_.link_rate.empty())
    throw InputError(place_, fmt::format("{} links of adapters have no width and speed (such as 4xHDR); give "
                                         "--link-rate RATE",
                                         slow));
  return hosts;
}

void IbFabric::hosts(NetworkPart& network) {
  std::map<std::string, std::vector<Adapter>> found = by_host();
  if (found.empty()) throw InputError(place_, "no host: no adapter (\"H-...\") is at a switch");
  std::map<std::size_t, std::size_t> counts;
  for (auto& [host, adapters] : found) {
    std::sort(adapters.begin(), adapters.end(), [](const Adapter& a, const Adapter& b) {
      return a.name != b.name ? natural_less(a.name, b.name) : a.port < b.port;
    });
    ++counts[adapters.size()];
  }
  const auto usual = std::max_element(counts.begin(), counts.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  network.nics = usual->first;
  std::map<double, std::size_t> rates;
  std::vector<std::vector<Adapter>> nodes;
  std::size_t others = 0;
  for (auto& [host, adapters] : found) {
    if (adapters.size() != network.nics) {
      ++others;
      continue;
    }
    for (const Adapter& adapter : adapters) ++rates[adapter.rate];
    nodes.push_back(std::move(adapters));
  }
  if (others)
    part_.note(
        fmt::format("{} hosts whose number of adapters is not the usual {} were left out (login, storage)",
                    others, network.nics));
  const double rate = std::max_element(rates.begin(), rates.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->first;
  if (rates.size() > 1)
    part_.note(fmt::format("adapters differ in rate; {:g}Gbps, that of most, counts for all", rate));
  network.injection = rate > 0 ? PartFigure{fmt::format("{:g}Gbps", rate), source_, Confidence::measured}
                               : PartFigure{given_.link_rate, "given with --link-rate", Confidence::derived};
  network.nodes = nodes.size();
  seat(network, nodes);
}

// Nodes in an order in which those of each switch follow each other, for each NIC.
void IbFabric::seat(NetworkPart& network, std::vector<std::vector<Adapter>>& nodes) {
  std::sort(nodes.begin(), nodes.end(), [&](const auto& a, const auto& b) {
    for (std::size_t nic = 0; nic < a.size(); ++nic)
      if (a[nic].at != b[nic].at) return natural_less(names_[a[nic].at], names_[b[nic].at]);
    return natural_less(a[0].host, b[0].host);
  });
  struct Run {
    std::size_t first = 0, last = 0;
  };
  std::map<std::string, std::map<std::size_t, Run>> runs;  // of each switch, by NIC
  for (std::size_t node = 0; node < nodes.size(); ++node)
    for (std::size_t nic = 0; nic < network.nics; ++nic) {
      const auto [run, fresh] = runs[nodes[node][nic].at].try_emplace(nic, Run{node, node});
      if (!fresh && run->second.last + 1 != node)
        throw CannotAnswer(
            fmt::format("{}: NIC {} of {} is at the switch {} again, in another order than its other NICs; "
                        "a graph fabric takes "
                        "nodes that fill the switches of every NIC in one order",
                        place_.file, nic, nodes[node][0].host, names_[nodes[node][nic].at]));
      run->second.last = node;
    }
  std::vector<std::pair<std::size_t, std::string>> order;
  for (const auto& [id, by_nic] : runs) {
    const Run& first = by_nic.begin()->second;
    for (const auto& [nic, run] : by_nic)
      if (run.first != first.first || run.last != first.last)
        throw CannotAnswer(
            fmt::format("{}: the switch {} has NIC {} of other nodes than NIC {}; a graph fabric "
                        "cannot say that",
                        place_.file, names_[id], by_nic.begin()->first, nic));
    order.emplace_back(first.first, id);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [first, id] : order) {
    const auto& by_nic = runs[id];
    NetworkSwitch at{names_[id], by_nic.begin()->second.last - first + 1, {}};
    if (by_nic.size() < network.nics)
      for (const auto& [nic, run] : by_nic) at.nics.push_back(nic);
    network.switches.push_back(std::move(at));
  }
  for (const std::string& id : order_)
    if (!runs.count(id)) network.switches.push_back({names_[id], 0, {}});
}

void IbFabric::edges(NetworkPart& network) {
  std::map<std::tuple<std::string, std::string, double>, std::size_t> links;
  for (const auto& [ends, rate] : cables_) {
    if (!ends.first.first.starts_with('S') || !ends.second.first.starts_with('S')) continue;
    if (ends.first.first == ends.second.first) continue;
    if (rate == 0 && given_.link_rate.empty())
      throw InputError(place_,
                       fmt::format("the link of {} and {} has no width and speed (such as 4xHDR); give "
                                   "--link-rate RATE",
                                   names_[ends.first.first], names_[ends.second.first]));
    ++links[{names_[ends.first.first], names_[ends.second.first], rate}];
  }
  for (const auto& [key, count] : links) {
    const auto& [from, to, rate] = key;
    network.edges.push_back({from, to, rate > 0 ? fmt::format("{:g}Gbps", rate) : given_.link_rate, count});
  }
  network.edges_source = "cables, " + source_;
}

}  // namespace aifsim::records
