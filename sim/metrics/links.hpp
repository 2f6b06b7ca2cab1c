// The links that several jobs share, and who loads them.
#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"

namespace aifsim {

// The busiest of its class among the links that several jobs use.
struct SharedLink {
  std::string name, class_name;
  BytesPerSecond capacity;                             // mean over the run, with the changes
  double utilisation = 0;                              // 0..1, over the whole run
  std::vector<std::pair<std::string, double>> shares;  // by job: of the bytes that it carried
};

struct LinkSharing {
  std::vector<SharedLink> links;         // busiest first
  std::vector<std::string> bottlenecks;  // by job: the busiest link that it shares; "" where it shares none
};
LinkSharing link_sharing(const JobsTimeline& run, std::span<const std::string> names, const Topology& machine,
                         std::span<const LinkChange> changes);

}  // namespace aifsim
