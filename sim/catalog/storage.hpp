// Where a machine's data lie: tiers of servers on its fabric, and drives inside its nodes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

// A file system or a class of it. Its servers hang on the fabric with NICs of their own.
struct StorageTierDescription {
  std::string name;  // "flash": checkpoints and jobs name it
  Figure<double> servers;
  Figure<double> nics;                               // of a server
  Figure<BytesPerSecond> injection;                  // of each NIC, per direction
  Figure<BytesPerSecond> read, write;                // that the tier delivers, and takes, in large pieces
  Figure<BytesPerSecond> client_read, client_write;  // the most of one node; 0: as fast as its NICs
  Figure<double> opens, creates;    // files per second, all clients together; 0: they take no time
  Figure<Seconds> latency;          // of a request
  Figure<Bytes> capacity;           // 0: not stated
  std::int64_t first_place = -1;    // on the fabric, of its first server; -1: spread evenly beside the nodes
  std::vector<std::string> beside;  // of these partitions; empty: of all
  Place place;
};

// Drives of a node, that its own processes alone reach.
struct DrivesDescription {
  Figure<BytesPerSecond> read, write;  // all of the node's together
  Figure<Bytes> capacity;              // 0: not stated
  Place place;
};
inline constexpr const char* node_drives = "nvme";  // as checkpoints and jobs name them

}  // namespace aifsim
