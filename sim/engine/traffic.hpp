// The load of a collective on the links of a placed job.
#pragma once
#include <vector>

#include "collectives/schedule.hpp"
#include "engine/plan.hpp"

namespace aifsim {

class Traffic {
 public:
  explicit Traffic(const Job& job);

  GroupShape shape(const Communicator& communicator) const;

  struct Use {
    std::size_t flow = 0;                  // equal patterns share one flow
    double share_per_unit = 0;             // bytes of one unit, as a share of the collective's buffer
    Seconds slowest_intra, slowest_inter;  // latency of the longest route inside a node, between nodes
  };
  // The traffic of one phase, of all groups of the communicator at once.
  Use use_of(const Communicator& communicator, const PhaseLoad& phase);

  // Leaves in every flow only the links that can bind, and hands the flows over.
  std::vector<Flow> take_flows();
  const Flow& flow(std::size_t index) const { return flows_[index]; }

 private:
  GpuId gpu_of(std::int64_t rank) const;
  void add_edge(std::int64_t from, std::int64_t to, std::uint32_t units, Use& use);
  void drop_links_that_never_bind();

  const Job& job_;
  std::vector<std::uint32_t> count_;  // by link, scratch
  std::vector<LinkId> touched_, route_;
  std::vector<Flow> flows_;
};

}  // namespace aifsim
