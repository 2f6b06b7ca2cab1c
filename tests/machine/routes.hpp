// What tests ask of a platform as a topology.
#pragma once
#include <string>
#include <vector>

#include "base/error.hpp"
#include "machine/topology.hpp"

namespace aifsim::test {

// The links from one GPU to another.
inline std::vector<std::string> route_names(const Topology& machine, GpuId from, GpuId to) {
  std::vector<LinkId> route;
  machine.route(from, to, route);
  std::vector<std::string> found;
  for (const LinkId id : route) found.push_back(machine.link(id).name);
  return found;
}

// The first that is wrong with it; "" where nothing is.
inline std::string problem(const PlatformDescription& platform) {
  try {
    Topology topology(platform);
  } catch (const InputError& error) {
    return error.problems().at(0).str();
  }
  return "";
}

}  // namespace aifsim::test
