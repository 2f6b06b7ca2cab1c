// The cables of an InfiniBand fabric, and the network that they make. A host is the first word of its adapters'
// descriptions. Aggregation nodes of switches (SHARP) are no hosts.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "records/machine_part.hpp"

namespace aifsim::records {

class IbFabric {
 public:
  // `source` of the figures: "widths and speeds in ibnetdiscover". The user's rate counts where a cable has none.
  IbFabric(std::string source, const MachineGiven& given) : source_(std::move(source)), given_(given) {}

  // Devices by an identity that begins with S (switch) or H (host's adapter), and what they call themselves.
  void describe(const std::string& id, const std::string& description, const Place& place);
  using End = std::pair<std::string, int>;  // device and port
  // Gbit/s of data; 0 where the file does not say. A cable that is told from both ends counts once.
  void cable(End a, End b, double rate, const Place& place);

  bool empty() const { return switches_.empty(); }
  // InputError at `place` (the file) for what lacks; CannotAnswer for what a graph fabric cannot express.
  MachinePart part(const Place& place);

 private:
  struct Adapter {
    std::string host, name;
    int port = 0;
    std::string at;  // id of its switch
    double rate = 0;
  };
  void name_switches();
  std::map<std::string, std::vector<Adapter>> by_host();
  void hosts(NetworkPart& network);
  void seat(NetworkPart& network, std::vector<std::vector<Adapter>>& nodes);
  void edges(NetworkPart& network);

  std::string source_;
  const MachineGiven& given_;
  Place place_;
  MachinePart part_;
  std::map<std::string, std::string> switches_, adapters_;  // descriptions by identity
  std::vector<std::string> order_;
  std::map<std::string, std::string> names_;
  std::map<std::pair<End, End>, double> cables_;  // Gbit/s
};

// What stands between the first pair of quotes behind `from`, which moves behind it; nothing where there is none.
std::optional<std::string> in_quotes(std::string_view line, std::size_t& from);

}  // namespace aifsim::records
