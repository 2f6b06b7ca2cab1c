// Which links the collectives of a placed job load, and how much: free of what they cost, and kept, so that a plan
// of the same job with other bytes, constants or kernels routes nothing again.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "collectives/schedule.hpp"
#include "machine/topology.hpp"
#include "plan/pipeline.hpp"
#include "program/program.hpp"

namespace aifsim {

// Traffic per unit of a flow's volume: `units` on each link.
struct LinkUnits {
  LinkId link;
  double units;
};
struct Flow {
  std::vector<LinkUnits> links;
  double seconds_per_unit = 0;  // alone on the machine: max of units / bandwidth
};

// A pair of GPUs in an unfolded phase: a flow of one route, and how many units of the phase it carries.
struct EdgeFlow {
  const Flow* flow = nullptr;
  double units = 0;
};

struct RoutedPhase {
  const Flow* flow = nullptr;
  std::vector<EdgeFlow> edges;  // unfolded: these instead of `flow` at level flow
  PhaseTime alone;              // on the machine
  std::int64_t nodes = 1;       // that the phase's edges span
  double share = 0;             // bytes of one unit, as a share of the collective's buffer
};

struct RoutedCollective {
  Algorithm algorithm = Algorithm::ring;
  std::vector<RoutedPhase> phases;
  std::int64_t pieces = 1;  // of its pipelined phases
};

// Groups of a role on the machine.
struct RoutedGroup {
  std::vector<std::int64_t> bases, members;  // ranks: base + member
  GroupShape shape;
  bool whole_nodes = false;  // each group has all GPUs of its nodes or domains
  std::size_t number = 0;    // among the router's
};

// What a message costs, as far as the pieces of a pipeline depend on it.
struct MessageConstants {
  Seconds inside_step, between_step;
  double inside_efficiency = 1, between_efficiency = 1, loss_per_doubling = 0;
  auto operator<=>(const MessageConstants&) const = default;

  // Of a phase over so many nodes, whose unit has so many bytes.
  MessageCost cost(double bytes, std::int64_t nodes) const;
};

class Router {
 public:
  Router(const Topology& machine, std::vector<std::int64_t> nodes, std::int64_t gpus, bool folded);

  const RoutedGroup& group(const GroupRanks& ranks);
  // `bytes` and `constants` only tell how a pipeline is cut into pieces.
  const RoutedCollective& collective(CollectiveKind kind, Algorithm algorithm, const RoutedGroup& group,
                                     double skew, Bytes bytes, const MessageConstants& constants);
  const Flow& flow_between(GpuId source, GpuId destination);  // of one pair of GPUs
  const Topology& machine() const { return machine_; }

 private:
  struct Use {
    const Flow* flow = nullptr;  // equal patterns share one flow
    std::vector<EdgeFlow> edges;
    double share_per_unit = 0;
    Seconds slowest_intra, slowest_inter;  // latency of the longest route inside a node, between nodes
    PhaseRoutes routes;                    // of a pipelined phase: of each edge, group by group
  };
  struct RouteLatency {
    Seconds latency;
    bool inside = false;  // of a node or domain
  };
  // Seconds per unit of the phase, each step on its own busiest link, and latency, each step's longest route.
  struct StepByStep {
    double seconds = 0;
    Seconds latency;
  };
  using Key = std::tuple<CollectiveKind, Algorithm, std::size_t, double, double, MessageConstants>;

  GroupShape shape_of(const std::vector<std::int64_t>& members, std::int64_t base) const;
  RoutedCollective routed(const Schedule& schedule, const RoutedGroup& group, Bytes bytes,
                          const MessageConstants& constants);
  GpuId gpu_of(std::int64_t rank) const;
  RouteLatency add_edge(GpuId from, GpuId to, double units, Use& use);  // leaves the route in `route_`
  Use use_of(const RoutedGroup& group, const PhaseLoad& phase);
  PhaseTime time_of(const RoutedGroup& group, const PhaseLoad& phase, const Use& use,
                    const MessageCost& cost) const;
  PhaseTime quickest_cut(const RoutedGroup& group, PhaseLoad& load, const Use& use, const MessageCost& cost,
                         std::int64_t& pieces) const;
  StepByStep step_by_step(const RoutedGroup& group, const PhaseLoad& phase, const Use& use);
  Flow collect();
  const Flow* find_or_add(Flow flow);

  const Topology& machine_;
  std::vector<std::int64_t> nodes_;
  std::int64_t gpus_;
  bool folded_;
  std::int64_t gpus_per_unit_;  // node or domain
  bool direct_;                 // one link joins any two GPUs of a node
  std::vector<double> units_;   // by link, scratch
  std::vector<LinkId> touched_, route_;
  PhaseRouteBook book_;
  std::deque<Flow> flows_;
  std::unordered_multimap<std::uint64_t, const Flow*> by_hash_;
  std::map<std::pair<GpuId, GpuId>, const Flow*> by_pair_;
  std::map<GroupRanks, RoutedGroup> groups_;
  std::map<Key, RoutedCollective> collectives_;
};

}  // namespace aifsim
