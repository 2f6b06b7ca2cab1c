#pragma once
#include "../machine/machines.hpp"
#include "plan/plan.hpp"

namespace aifsim::test {

// Islands of 4 nodes under leaves of 2, with 4 GPUs each.
struct SmallTree {
  PlatformDescription platform;
  GpuDescription gpu;
  Topology topology;
  explicit SmallTree(NodeDescription node = mesh_node(4))
      : platform(fat_tree(std::move(node), 16, {{"leaf", 2, 1}, {"island", 4, 1}, {"core", 16, 1}})),
        topology(platform) {
    platform.clock.sustained = count(1);
  }
  Plan plan(std::vector<std::int64_t> nodes, Collective collective) const {
    Job job;
    job.machine = &topology;
    job.platform = &platform;
    job.gpu = &gpu;
    job.gpus = std::ssize(nodes) * topology.gpus_per_node();
    job.nodes = std::move(nodes);
    return make_plan(single_collective(job.gpus, collective, "x"), job);
  }
};

}  // namespace aifsim::test
