#include "machine/buildable.hpp"

#include "machine/topology.hpp"

namespace aifsim {

std::vector<Problem> problems_of_building(const PlatformDescription& platform) {
  try {
    const Topology topology(platform);
    // The ways inside a node, and from the first node to the last, by the first NIC and the last.
    std::vector<LinkId> links;
    const GpuId last = static_cast<GpuId>(topology.gpus() - 1);
    const GpuId in_node = static_cast<GpuId>(topology.gpus_per_node() - 1);
    for (const GpuId other : {in_node, last})
      if (other != 0) {
        topology.route(0, other, links);
        topology.route(other, 0, links);
      }
  } catch (const InputError& error) {
    return error.problems();
  } catch (const CannotAnswer& error) {
    return {{platform.nodes.place, error.what()}};
  }
  return {};
}

}  // namespace aifsim
