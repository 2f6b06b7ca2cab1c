#include "machine/buildable.hpp"

#include "machine/topology.hpp"

namespace aifsim {

std::vector<Problem> problems_of_building(const PlatformDescription& platform) {
  try {
    const Topology topology(platform);
    // The ways inside a node, and from the first node to the last, by the first NIC and the last.
    std::vector<LinkId> links;
    if (topology.gpus() == 0) return {};
    const GpuId first = topology.gpu(0, 0), in_node = topology.gpu(0, topology.gpus_per_node() - 1),
                last = topology.gpu(topology.nodes() - 1, topology.gpus_per_node() - 1);
    for (const GpuId other : {in_node, last})
      if (other != first) {
        topology.route(first, other, links);
        topology.route(other, first, links);
      }
  } catch (const InputError& error) {
    return error.problems();
  } catch (const CannotAnswer& error) {
    return {{platform.nodes.place, error.what()}};
  }
  return {};
}

}  // namespace aifsim
