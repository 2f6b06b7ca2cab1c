// Output of ibnetdiscover: every switch and adapter of an InfiniBand fabric, and what is at each port.
//
//   Switch  41 "S-b8599f0300fc6de4"   # "MF0;leaf01:MQM8700/U1" enhanced port 0 lid 13 lmc 0
//   [1]     "H-ec0d9a03007d7d0a"[1](ec0d9a03007d7d0a)   # "node01 mlx5_0" lid 4 4xHDR
//   [21]    "S-b8599f0300fc6e04"[1]   # "MF0;spine01:MQM8700/U1" lid 2 4xHDR
//
//   Ca      1 "H-ec0d9a03007d7d0a"    # "node01 mlx5_0"
//   [1](ec0d9a03007d7d0a)   "S-b8599f0300fc6de4"[1]   # lid 4 lmc 0 "MF0;leaf01:MQM8700/U1" lid 13 4xHDR
//
// Each cable stands at both ends and counts once. A host is the first word of its adapters' descriptions. Rates
// are of data: 4xEDR 100, 4xHDR 200, 4xNDR 400 Gbit/s. Aggregation nodes of switches (SHARP) are no hosts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/quote.hpp"
#include "records/hostlist.hpp"
#include "records/lines.hpp"
#include "records/machine_part.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostCables = 500'000;

// Gbit/s of data of "4xHDR"; 0 for words that are none.
double rate_of(std::string_view word) {
  static const std::map<std::string_view, double> lanes{{"SDR", 2},    {"DDR", 4},   {"QDR", 8},
                                                        {"FDR10", 10}, {"FDR", 14},  {"EDR", 25},
                                                        {"HDR", 50},   {"NDR", 100}, {"XDR", 200}};
  const std::size_t x = word.find('x');
  if (x == std::string_view::npos || x == 0 || x > 2) return 0;
  const double width = as_number(word.substr(0, x)).value_or(0);
  const auto found = lanes.find(word.substr(x + 1));
  return found == lanes.end() || width < 1 || width > 12 ? 0 : width * found->second;
}

// What stands between the first pair of quotes behind `from`, and where it ends.
std::optional<std::string> quoted(std::string_view line, std::size_t& from) {
  const std::size_t begin = line.find('"', from);
  const std::size_t end = begin == std::string_view::npos ? begin : line.find('"', begin + 1);
  if (end == std::string_view::npos) return std::nullopt;
  from = end + 1;
  return std::string(line.substr(begin + 1, end - begin - 1));
}

// "[12]" at the beginning or behind the peer's name.
std::optional<int> port_at(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  const std::size_t end = text.find(']');
  const auto number = end == std::string_view::npos ? std::nullopt : as_number(text.substr(1, end - 1));
  return number && *number >= 0 && *number < 100'000 ? std::optional(static_cast<int>(*number))
                                                     : std::nullopt;
}

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
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
          c == '.' || c == '/'))
      c = '_';
  return name;
}

struct Adapter {
  std::string host, name;
  int port = 0;
  std::string at;  // id of its switch
  double rate = 0;
};

class DiscoverReader {
 public:
  DiscoverReader(const Input& input, const MachineGiven& given) : lines_(input), given_(given) {}

  MachinePart read() {
    while (lines_.next()) line();
    if (switches_.empty())
      throw InputError(lines_.place(0),
                       "no switch; expected output of ibnetdiscover with lines Switch 41 \"S-...\"");
    names();
    NetworkPart network;
    hosts(network);
    edges(network);
    part_.network = std::move(network);
    return std::move(part_);
  }

 private:
  void line() {
    const std::string& text = lines_.text();
    const std::vector<Word> words = words_of(text);
    if (words.empty()) return;
    std::size_t from = 0;
    if (words[0].text == "Switch" || words[0].text == "Ca" || words[0].text == "Rt") {
      const auto id = quoted(text, from);
      if (!id)
        throw InputError(lines_.place(),
                         "expected the identity of a device in quotes, such as \"S-b8599f0300fc6de4\"");
      self_ = *id;
      describe(*id, quoted(text, from).value_or(""));
    } else if (text[0] == '[' && !self_.empty()) {
      const auto own = port_at(text);
      const auto peer = quoted(text, from);
      const auto other = peer ? port_at(std::string_view(text).substr(from)) : std::nullopt;
      if (!own || !peer || !other)
        throw InputError(lines_.place(),
                         "expected a port and its peer, such as [1] \"H-ec0d9a03007d7d0a\"[1]");
      const std::string_view rest = std::string_view(text).substr(from);
      // Behind a switch's port stands the peer's description; behind an adapter's, the switch's.
      describe(*peer, quoted(text, from).value_or(""));
      double rate = 0;
      for (const Word& word : words_of(rest)) rate = std::max(rate, rate_of(word.text));
      cable({self_, *own}, {*peer, *other}, rate);
    } else if (text[0] != '[' && text[0] != '#' && !has(text, "=")) {
      self_.clear();
    }
  }

  void describe(const std::string& id, const std::string& description) {
    if (id.starts_with('S')) {
      const auto [at, fresh] = switches_.emplace(id, description);
      if (fresh) order_.push_back(id);
      if (at->second.empty()) at->second = description;
    } else if (!description.empty()) {
      adapters_.emplace(id, description);
    }
    if (order_.size() + adapters_.size() > kMostCables)
      throw InputError(lines_.place(), fmt::format("more than {} devices", kMostCables));
  }

  using End = std::pair<std::string, int>;
  void cable(End a, End b, double rate) {
    if (b < a) std::swap(a, b);
    double& known = cables_[{a, b}];
    known = std::max(known, rate);
    if (cables_.size() > kMostCables)
      throw InputError(lines_.place(), fmt::format("more than {} cables", kMostCables));
  }

  // A name for each switch: its own, else its identity.
  void names() {
    std::map<std::string, int> uses;
    for (const std::string& id : order_) ++uses[switch_name(switches_[id])];
    for (const std::string& id : order_) {
      const std::string name = switch_name(switches_[id]);
      names_[id] = name.empty() || uses[name] > 1 ? name + (name.empty() ? "" : "_") + id : name;
    }
  }

  // Adapters by host: the first word of the description, unless it is the driver's default.
  std::map<std::string, std::vector<Adapter>> by_host() {
    std::map<std::string, std::vector<Adapter>> hosts;
    std::size_t sharp = 0, unnamed = 0, slow = 0;
    for (const auto& [ends, rate] : cables_) {
      const auto& [a, b] = ends;
      const bool first = a.first.starts_with('H');
      const End &adapter = first ? a : b, &at = first ? b : a;
      if (!adapter.first.starts_with('H') || !at.first.starts_with('S')) continue;
      const auto found = adapters_.find(adapter.first);
      const std::string description = found == adapters_.end() ? "" : found->second;
      if (has(description, "Aggregation Node")) {
        ++sharp;
        continue;
      }
      const std::vector<Word> words = words_of(description);
      const bool unknown = words.empty() || (words.size() > 1 && words[0].text.starts_with("MT") &&
                                             has(description, "Mellanox"));
      unnamed += unknown;
      Adapter out{unknown ? adapter.first : std::string(words[0].text),
                  words.size() > 1 ? std::string(words[1].text) : "", adapter.second, at.first, rate};
      slow += rate == 0;
      hosts[out.host].push_back(std::move(out));
    }
    if (sharp) part_.note(fmt::format("{} aggregation nodes of switches (SHARP) are no hosts", sharp));
    if (unnamed) part_.note(fmt::format("{} adapters without a host's name count as a host each", unnamed));
    if (slow && given_.link_rate.empty())
      throw InputError(lines_.place(0),
                       fmt::format("{} links of adapters have no width and speed (such as 4xHDR); give "
                                   "--link-rate RATE",
                                   slow));
    return hosts;
  }

  void hosts(NetworkPart& network) {
    std::map<std::string, std::vector<Adapter>> found = by_host();
    if (found.empty()) throw InputError(lines_.place(0), "no host: no adapter (\"H-...\") is at a switch");
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
    network.injection =
        rate > 0 ? PartFigure{fmt::format("{:g}Gbps", rate),
                              "width and speed of the adapters' ports in ibnetdiscover", Confidence::measured}
                 : PartFigure{given_.link_rate, "given with --link-rate", Confidence::derived};
    network.nodes = nodes.size();
    seat(network, nodes);
  }

  // Nodes in an order in which those of each switch follow each other, for each NIC.
  void seat(NetworkPart& network, std::vector<std::vector<Adapter>>& nodes) {
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
                          lines_.place(0).file, nic, nodes[node][0].host, names_[nodes[node][nic].at]));
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
                          lines_.place(0).file, names_[id], by_nic.begin()->first, nic));
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

  void edges(NetworkPart& network) {
    std::map<std::tuple<std::string, std::string, double>, std::size_t> links;
    for (const auto& [ends, rate] : cables_) {
      if (!ends.first.first.starts_with('S') || !ends.second.first.starts_with('S')) continue;
      if (ends.first.first == ends.second.first) continue;
      if (rate == 0 && given_.link_rate.empty())
        throw InputError(lines_.place(0),
                         fmt::format("the link of {} and {} has no width and speed (such as 4xHDR); give "
                                     "--link-rate RATE",
                                     names_[ends.first.first], names_[ends.second.first]));
      ++links[{names_[ends.first.first], names_[ends.second.first], rate}];
    }
    for (const auto& [key, count] : links) {
      const auto& [from, to, rate] = key;
      network.edges.push_back({from, to, rate > 0 ? fmt::format("{:g}Gbps", rate) : given_.link_rate, count});
    }
    network.edges_source = "cables, widths and speeds in ibnetdiscover";
  }

  Lines lines_;
  const MachineGiven& given_;
  MachinePart part_;
  std::string self_;
  std::map<std::string, std::string> switches_, adapters_;  // descriptions by identity
  std::vector<std::string> order_;
  std::map<std::string, std::string> names_;
  std::map<std::pair<End, End>, double> cables_;  // Gbit/s
};

MachinePart read(const Input& input, const MachineGiven& given) {
  return DiscoverReader(input, given).read();
}

bool looks_like(std::string_view head) {
  for (const std::string_view line : lines_of(head)) {
    const std::vector<Word> words = words_of(line);
    if (words.size() >= 3 && (words[0].text == "Switch" || words[0].text == "Ca") &&
        as_number(words[1].text) && (words[2].text.starts_with("\"S-") || words[2].text.starts_with("\"H-")))
      return true;
  }
  return false;
}

}  // namespace

const TopologyFormat ibnetdiscover{"ibnetdiscover",
                                   "ibnetdiscover: the InfiniBand network between nodes (a platform file)",
                                   false, looks_like, read};

}  // namespace aifsim::records
