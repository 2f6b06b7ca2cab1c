// Output of ibnetdiscover: every switch and adapter of an InfiniBand fabric, and what is at each port.
//
//   Switch  41 "S-b8599f0300fc6de4"   # "MF0;leaf01:MQM8700/U1" enhanced port 0 lid 13 lmc 0
//   [1]     "H-ec0d9a03007d7d0a"[1](ec0d9a03007d7d0a)   # "node01 mlx5_0" lid 4 4xHDR
//   [21]    "S-b8599f0300fc6e04"[1]   # "MF0;spine01:MQM8700/U1" lid 2 4xHDR
//
//   Ca      1 "H-ec0d9a03007d7d0a"    # "node01 mlx5_0"
//   [1](ec0d9a03007d7d0a)   "S-b8599f0300fc6de4"[1]   # lid 4 lmc 0 "MF0;leaf01:MQM8700/U1" lid 13 4xHDR
//
// Each cable stands at both ends and counts once. Rates are of data: 4xEDR 100, 4xHDR 200, 4xNDR 400 Gbit/s.
#include <algorithm>
#include <map>
#include <optional>

#include "records/ib_fabric.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

// Gbit/s of data of "4xHDR"; 0 for words that are none.
double port_rate(std::string_view word) {
  static const std::map<std::string_view, double> lanes{{"SDR", 2},    {"DDR", 4},   {"QDR", 8},
                                                        {"FDR10", 10}, {"FDR", 14},  {"EDR", 25},
                                                        {"HDR", 50},   {"NDR", 100}, {"XDR", 200}};
  const std::size_t x = word.find('x');
  if (x == std::string_view::npos || x == 0 || x > 2) return 0;
  const double width = as_number(word.substr(0, x)).value_or(0);
  const auto found = lanes.find(word.substr(x + 1));
  return found == lanes.end() || width < 1 || width > 12 ? 0 : width * found->second;
}

// "[12]" at the beginning or behind the peer's name.
std::optional<int> port_at(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  const std::size_t end = text.find(']');
  const auto number = end == std::string_view::npos ? std::nullopt : as_number(text.substr(1, end - 1));
  return number && *number >= 0 && *number < 100'000 ? std::optional(static_cast<int>(*number))
                                                     : std::nullopt;
}

class DiscoverReader {
 public:
  DiscoverReader(const Input& input, const MachineGiven& given)
      : lines_(input), fabric_("widths and speeds in ibnetdiscover", given) {}

  MachinePart read() {
    while (lines_.next()) line();
    if (fabric_.empty())
      throw InputError(lines_.place(0),
                       "no switch; expected output of ibnetdiscover with lines Switch 41 \"S-...\"");
    return fabric_.part(lines_.place(0));
  }

 private:
  void line() {
    const std::string& text = lines_.text();
    const std::vector<Word> words = words_of(text);
    if (words.empty()) return;
    std::size_t from = 0;
    if (words[0].text == "Switch" || words[0].text == "Ca" || words[0].text == "Rt") {
      const auto id = in_quotes(text, from);
      if (!id)
        throw InputError(lines_.place(),
                         "expected the identity of a device in quotes, such as \"S-b8599f0300fc6de4\"");
      self_ = *id;
      fabric_.describe(*id, in_quotes(text, from).value_or(""), lines_.place());
    } else if (text[0] == '[' && !self_.empty()) {
      const auto own = port_at(text);
      const auto peer = in_quotes(text, from);
      const auto other = peer ? port_at(std::string_view(text).substr(from)) : std::nullopt;
      if (!own || !peer || !other)
        throw InputError(lines_.place(),
                         "expected a port and its peer, such as [1] \"H-ec0d9a03007d7d0a\"[1]");
      const std::string_view rest = std::string_view(text).substr(from);
      // Behind a switch's port stands the peer's description; behind an adapter's, the switch's.
      fabric_.describe(*peer, in_quotes(text, from).value_or(""), lines_.place());
      double rate = 0;
      for (const Word& word : words_of(rest)) rate = std::max(rate, port_rate(word.text));
      fabric_.cable({self_, *own}, {*peer, *other}, rate, lines_.place());
    } else if (text[0] != '[' && text[0] != '#' && !holds(text, "=")) {
      self_.clear();
    }
  }

  Lines lines_;
  IbFabric fabric_;
  std::string self_;
};

MachinePart read_ibnetdiscover(const Input& input, const MachineGiven& given) {
  return DiscoverReader(input, given).read();
}

bool looks_like_ibnetdiscover(std::string_view head) {
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
                                   false, looks_like_ibnetdiscover, read_ibnetdiscover};

}  // namespace aifsim::records
