// A platform file, or a part of one, from what topology files say.
#pragma once
#include <string>

#include "records/machine_part.hpp"

namespace aifsim::records {

struct MachineText {
  std::string yaml;
  std::string edges;   // CSV of the graph's edges; "" where there are none
  bool whole = false;  // all that a platform needs; else a part to include
};

// `files` names the sources, `edges_file` the CSV beside the platform file. `usual` is the text of the blocks that no
// topology file tells (platforms/parts/usual.yaml), "" where it is not at hand.
MachineText machine_text(const MachinePart& part, const std::string& files, const std::string& edges_file,
                         const std::string& usual, const std::string& link_rate);

}  // namespace aifsim::records
