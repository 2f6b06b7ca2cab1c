// Output of iblinkinfo: each port of an InfiniBand fabric and what is at its other end, node by node or (-l) a line each.
//
//   CA: node01 mlx5_0:
//         0xec0d9a03007d7d0a     10    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       3   21[  ] "leaf01" ( )
//   Switch: 0xb8599f0300fc6de4 MF0;leaf01:MQM8700/U1:
//              3   21[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>      10    1[  ] "node01 mlx5_0" ( )
//              3   22[  ] ==(                Down/ Polling)==>             [  ] "" ( )
//
//   0xec0d9a03007d7d0a "           node01 mlx5_0"   10   1[  ] ==( ... )==>  0xb8599f0300fc6de4   3   21[  ] "leaf01" ( )
//
// Ends are told by LID and port. Rates are of a lane's signals: 25.78125 Gbit/s of EDR carry 25 of data, 53.125 of HDR
// 50, 106.25 of NDR 100. Without sections, a switch is what has several ports under one LID.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/quote.hpp"
#include "records/ib_fabric.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kMostLinks = 1'000'000;

// Gbit/s of data of a lane that signals at `rate`; 0 for none that is known.
double data_rate(double rate, bool fdr10) {
  if (fdr10) return 10;
  static constexpr std::pair<double, double> lanes[] = {{2.5, 2},      {5, 4},        {10, 8},
                                                        {10.3125, 10}, {14.0625, 14}, {25.78125, 25},
                                                        {53.125, 50},  {106.25, 100}, {212.5, 200}};
  for (const auto& [signals, data] : lanes)
    if (std::abs(rate / signals - 1) < 0.005) return data;
  return 0;
}

// " 4X        53.125 Gbps Active/  LinkUp" -> 200; nothing where the link is down.
std::optional<double> rate_of(std::string_view state) {
  if (!holds(state, "LinkUp")) return std::nullopt;
  const std::size_t x = state.find('X'), unit = state.find("Gbps");
  if (x == std::string_view::npos || unit == std::string_view::npos || unit < x) return 0;
  const double width = as_number(trimmed(state.substr(0, x))).value_or(0);
  const double lane = as_number(trimmed(state.substr(x + 1, unit - x - 1))).value_or(0);
  return width >= 1 && width <= 12 ? width * data_rate(lane, holds(state, "FDR10")) : 0;
}

struct Port {
  int lid = 0, port = 0;
};

// The last two numbers before a bracket: "0xec0d9a03007d7d0a   10    1[  ] ...".
std::optional<Port> port_of(std::string_view text) {
  const std::vector<Word> words = words_of(text.substr(0, text.find('[')));
  if (words.size() < 2) return std::nullopt;
  const auto lid = as_number(words[words.size() - 2].text), port = as_number(words.back().text);
  const auto sound = [](const std::optional<double>& n, double most) {
    return n && *n >= 0 && *n <= most && *n == std::floor(*n);
  };
  if (!sound(lid, 0xFFFF) || !sound(port, 255) || *lid == 0) return std::nullopt;
  return Port{static_cast<int>(*lid), static_cast<int>(*port)};
}

struct Link {
  Port from, to;
  double rate = 0;
  Place place;
};

class LinkReader {
 public:
  LinkReader(const Input& input, const MachineGiven& given)
      : lines_(input), fabric_("widths and speeds in iblinkinfo", given) {}

  MachinePart read() {
    while (lines_.next()) line();
    if (links_.empty())
      throw InputError(
          lines_.place(0),
          "no link that is up; expected output of iblinkinfo with lines LID PORT[ ] ==( 4X ... )==> ...");
    if (!sections_)
      for (const auto& [lid, ports] : ports_)
        if (ports.size() > 1) switches_.insert(lid);
    for (const auto& [lid, name] : names_) fabric_.describe(id(lid), name, lines_.place(0));
    for (const int lid : switches_) fabric_.describe(id(lid), "", lines_.place(0));
    if (fabric_.empty()) throw InputError(lines_.place(0), "no switch, of which several ports have one LID");
    for (const Link& link : links_)
      fabric_.cable({id(link.from.lid), link.from.port}, {id(link.to.lid), link.to.port}, link.rate,
                    link.place);
    return fabric_.part(lines_.place(0));
  }

 private:
  std::string id(int lid) const { return fmt::format("{}-lid{}", switches_.count(lid) ? "S" : "H", lid); }

  void line() {
    const std::string_view text = trimmed(lines_.text());
    if (const std::size_t arrow = text.find("==("); arrow != std::string_view::npos) return link(text, arrow);
    for (const std::string_view word : {"Switch:", "Switch ", "CA:", "CA ", "RT:"})
      if (text.starts_with(word)) {
        sections_ = true;
        of_switch_ = word[0] == 'S';
        std::string_view name = trimmed(text.substr(word.size()));
        if (name.starts_with("0x")) name.remove_prefix(std::min(name.find(' '), name.size()));
        if (name.ends_with(':')) name.remove_suffix(1);
        own_name_ = trimmed(name);
      }
  }

  void link(std::string_view text, std::size_t arrow) {
    const std::string_view left = text.substr(0, arrow);
    std::size_t from = 0;
    const std::optional<std::string> left_name = in_quotes(left, from);
    const std::optional<Port> own = port_of(left.substr(from));
    const std::size_t end = text.find(")==>", arrow);
    const std::optional<double> rate =
        rate_of(text.substr(arrow + 3, end == std::string_view::npos ? end : end - arrow - 3));
    if (!rate && !own) return;  // an adapter's port that is down has no LID
    if (!own || end == std::string_view::npos)
      throw InputError(lines_.place(),
                       "expected a link, such as 3   21[  ] ==( 4X 53.125 Gbps Active/  LinkUp)==> ...");
    ports_[own->lid].insert(own->port);
    if (sections_ && of_switch_) switches_.insert(own->lid);
    name(own->lid, left_name.value_or(own_name_));
    if (!rate) return;
    const std::string_view right = text.substr(end + 4);
    const std::optional<Port> other = port_of(right);
    from = 0;
    if (!other)
      throw InputError(lines_.place(),
                       fmt::format("expected LID and port of the other end, found {}", quote(right)));
    name(other->lid, in_quotes(right, from).value_or(""));
    links_.push_back({*own, *other, *rate, lines_.place()});
    if (links_.size() > kMostLinks)
      throw InputError(lines_.place(), fmt::format("more than {} links", kMostLinks));
  }

  void name(int lid, const std::string& description) {
    if (const std::string_view text = trimmed(description); !text.empty()) names_.emplace(lid, text);
  }

  Lines lines_;
  IbFabric fabric_;
  std::string own_name_;
  bool sections_ = false, of_switch_ = false;
  std::map<int, std::set<int>> ports_;
  std::set<int> switches_;  // LIDs
  std::map<int, std::string> names_;
  std::vector<Link> links_;
};

MachinePart read_iblinkinfo(const Input& input, const MachineGiven& given) {
  return LinkReader(input, given).read();
}

bool looks_like_iblinkinfo(std::string_view head) {
  for (const std::string_view line : lines_of(head))
    if (const std::size_t arrow = line.find("==(");
        arrow != std::string_view::npos && line.find(")==>", arrow) != std::string_view::npos)
      return true;
  return false;
}

}  // namespace

const TopologyFormat iblinkinfo{"iblinkinfo",
                                "iblinkinfo: the InfiniBand network between nodes (a platform file)", false,
                                looks_like_iblinkinfo, read_iblinkinfo};

}  // namespace aifsim::records
