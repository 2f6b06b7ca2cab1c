// The load of a collective on the links of a placed job.
#pragma once
#include <map>
#include <unordered_map>
#include <vector>

#include "collectives/schedule.hpp"
#include "engine/plan.hpp"

namespace aifsim {

class Traffic {
 public:
  explicit Traffic(const Job& job);

  // A scale-up domain of several nodes counts as one node.
  GroupShape shape(const Communicator& communicator) const;
  std::int64_t gpus_per_unit() const { return gpus_per_unit_; }

  struct Use {
    std::size_t flow = 0;                  // equal patterns share one flow
    std::vector<EdgeFlow> edges;           // where the job is unfolded
    double share_per_unit = 0;             // bytes of one unit, as a share of the collective's buffer
    Seconds slowest_intra, slowest_inter;  // latency of the longest route inside a node, between nodes
    PhaseRoutes routes;                    // of a pipelined phase: of each edge, group by group
  };
  // The traffic of one phase, of all groups of the communicator at once.
  Use use_of(const Communicator& communicator, const PhaseLoad& phase);
  // Of a pipelined phase alone on the machine; its edges' flow is `use`.
  PhaseTime time_of(const Communicator& communicator, const PhaseLoad& phase, const Use& use,
                    const MessageCost& cost) const;
  // Of a phase of unlike steps, one after the other: seconds per unit of the phase, each step on its own busiest
  // link, and latency, each step's longest route. Of more than a quarter of a million messages some of the
  // steps stand for all.
  struct StepByStep {
    double seconds = 0;
    Seconds latency;
  };
  StepByStep step_by_step(const Communicator& communicator, const PhaseLoad& phase, const Use& use);
  // The flow of one pair of GPUs.
  std::size_t flow_between(GpuId source, GpuId destination);

  std::vector<Flow> take_flows() { return std::move(flows_); }
  const Flow& flow(std::size_t index) const { return flows_[index]; }

 private:
  GpuId gpu_of(std::int64_t rank) const;
  struct Passage {
    Seconds latency;
    bool inside = false;  // of a node or domain
  };
  // Leaves the route in `route_`.
  Passage add_edge(GpuId from, GpuId to, double units, Use& use);
  template <class Visit>
  void for_each_group(const Communicator& communicator, Visit visit) const;
  Flow collect();
  std::size_t find_or_add(Flow flow);

  const Job& job_;
  std::int64_t gpus_per_unit_;  // node or domain
  std::vector<double> units_;   // by link, scratch
  std::vector<LinkId> touched_, route_;
  PhaseRouteBook book_;
  std::vector<Flow> flows_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;  // index in flows_
  std::map<std::pair<GpuId, GpuId>, std::size_t> by_pair_;
};

}  // namespace aifsim
