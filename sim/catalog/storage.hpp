// Where a machine's data lie: tiers of servers on its fabric, and drives inside its nodes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

// A kind of file system: what it keeps of its rate where many processes share a file.
struct FileSystemDescription {
  std::string name;                   // "lustre": tiers name it as their software
  std::vector<std::string> known_as;  // in tables of measured runs
  Figure<double> shared_read,
      shared_write;  // share of a tier's rate in large pieces (lowering/storage/storage.hpp)
};

// A file system or a class of it. Its servers hang on the fabric with NICs of their own.
struct StorageTierDescription {
  std::string name;  // "flash": checkpoints and jobs name it
  Figure<double> servers;
  Figure<double> nics;                               // of a server
  Figure<BytesPerSecond> injection;                  // of each NIC, per direction
  Figure<BytesPerSecond> read, write;                // that the tier delivers, and takes, in large pieces
  Figure<BytesPerSecond> client_read, client_write;  // the most of one node; 0: as fast as its NICs
  Figure<double> opens, creates;  // files per second, all clients together; 0: they take no time
  Figure<Seconds> latency;        // of a request
  Figure<Bytes> capacity;         // 0: not stated
  Figure<Watts> power;       // of all its servers and their drives, at the plug, on average; 0: not stated
  Figure<double> shared_by;  // nodes of all machines that it serves; 0: the platform's alone
  std::int64_t first_place = -1;    // on the fabric, of its first server; -1: spread evenly beside the nodes
  std::vector<std::string> beside;  // of these partitions; empty: of all
  bool appliance = false;           // one of a product, of which a file system has some
  std::string software;             // one of the platform's file systems; "": not said
  std::vector<std::string> known_as;  // in tables of measured runs
  Place place;
};

// By name; null where there is none.
inline const FileSystemDescription* file_system_of(const std::vector<FileSystemDescription>& all,
                                                   const std::string& name) {
  for (const FileSystemDescription& one : all)
    if (one.name == name) return &one;
  return nullptr;
}

// Drives of a node, that its own processes alone reach.
struct DrivesDescription {
  Figure<BytesPerSecond> read, write;  // all of the node's together
  Figure<Bytes> capacity;              // 0: not stated
  Place place;
};
inline constexpr const char* node_drives = "nvme";  // as checkpoints and jobs name them

}  // namespace aifsim
