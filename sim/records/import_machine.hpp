// From topology files to a platform file: recognise, read, join node and network, write whole or not at all.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "records/machine_part.hpp"

namespace aifsim::records {

struct MachineSummary {
  std::vector<std::pair<std::string, std::string>> files;  // name, format
  std::string what;                                        // "a node of 8 GPUs, ..."
  std::vector<std::string> notes;
  std::vector<std::filesystem::path> written;
  bool whole = false;  // a platform; else a part of one
};

// The topology format of a file that `asked` (a format's name, or auto) means; null where it is none.
const TopologyFormat* topology_of(const Input& input, const std::string& asked);

MachineSummary import_machine(const std::string& asked, const std::vector<Input>& files,
                              const MachineGiven& given, const std::filesystem::path& out);

std::string summary_text(const MachineSummary& summary);
std::string summary_json(const MachineSummary& summary);

}  // namespace aifsim::records
