// Which links the collectives of a placed job load, and how much: free of what they cost, and kept, so that a plan
// of the same job with other bytes, constants or kernels routes nothing again.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "collectives/price.hpp"
#include "collectives/schedule.hpp"
#include "machine/topology.hpp"
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
  double share = 0;             // bytes of one unit, as a share of the collective's buffer
};

struct RoutedCollective {
  Algorithm algorithm = Algorithm::ring;
  std::vector<RoutedPhase> phases;
  CollectiveWork work;  // a phase for each
};

// Groups of a role on the machine.
struct RoutedGroup {
  // Ranks: base + member. Where the GPUs of a node are joined in pairs, members of a node follow each other as a
  // ring through them does.
  std::vector<std::int64_t> bases, members;
  GroupShape shape;
  std::size_t number = 0;  // among the router's
};

class Router {
 public:
  Router(const Topology& machine, std::vector<std::int64_t> nodes, bool folded);

  const RoutedGroup& group(const GroupRanks& ranks);
  const RoutedCollective& collective(CollectiveKind kind, Algorithm algorithm, const RoutedGroup& group,
                                     const TokenSpread& tokens);
  const Flow& flow_between(GpuId source, GpuId destination);  // of one pair of GPUs
  // Between storage and the ranks of a group, each with so many bytes: one phase of one unit per byte. Ranks and
  // servers share the work evenly.
  const RoutedCollective& storage(const std::string& tier, bool write, const RoutedGroup& group);
  // The same, one flow for each rank and server that meet.
  const std::vector<EdgeFlow>& storage_edges(const std::string& tier, bool write, const RoutedGroup& group);
  const Topology& machine() const { return machine_; }
  GpuId gpu_of(std::int64_t rank) const;

 private:
  struct Use {
    const Flow* flow = nullptr;  // equal patterns share one flow
    std::vector<EdgeFlow> edges;
    double share_per_unit = 0;
    Seconds slowest_intra, slowest_inter;  // latency of the longest route inside a node, between nodes
    Seconds sum_inter;                     // of the group's routes between nodes so far
    std::int64_t routes_inter = 0;
    Seconds mean_inter;  // over a group's routes between nodes, of the group where it is longest
    LinkSeconds alone;   // of a unit on the slowest link of an edge inside, between
    std::vector<LinkSeconds> busiest;  // per unit
  };
  // Seconds per unit of the phase, each step on its own busiest link, and latency, each step's longest route.
  struct StepByStep {
    double seconds = 0;
    Seconds latency;
  };
  struct StorageEdge {
    std::int64_t rank = 0, server = 0, nic = 0;
    double share = 0;  // of the rank's bytes
  };
  std::vector<StorageEdge> storage_shares(const RoutedGroup& group, const NodeRow* tier) const;
  void add_storage_edge(const NodeRow* servers, const StorageEdge& edge, bool write);
  using StorageKey = std::tuple<std::string, bool, std::size_t>;
  using Key = std::tuple<CollectiveKind, Algorithm, std::size_t, TokenSpread>;

  template <class Unit>
  std::int64_t run_of(const RoutedGroup& group, Unit unit) const;
  GroupShape shape_of(const RoutedGroup& group) const;
  void lay_ring(RoutedGroup& group) const;
  RoutedCollective routed(const Schedule& schedule, const RoutedGroup& group);
  void add_edge(GpuId from, GpuId to, double units, Use& use);
  Use use_of(const RoutedGroup& group, const PhaseLoad& phase);
  StepByStep step_by_step(const RoutedGroup& group, const PhaseLoad& phase, const Use& use);
  Flow collect();
  const Flow* find_or_add(Flow flow);

  const Topology& machine_;
  std::vector<std::int64_t> nodes_;
  bool folded_;
  JoinedGpus joined_;
  std::vector<double> units_, inside_;  // by link, scratch: all, and on edges inside a node or domain
  std::vector<LinkId> touched_, route_;
  std::deque<Flow> flows_;
  std::unordered_multimap<std::uint64_t, const Flow*> by_hash_;
  std::map<std::pair<GpuId, GpuId>, const Flow*> by_pair_;
  std::map<GroupRanks, RoutedGroup> groups_;
  std::map<Key, RoutedCollective> collectives_;
  std::map<StorageKey, RoutedCollective> storage_;
  std::map<StorageKey, std::vector<EdgeFlow>> storage_edges_;
};

}  // namespace aifsim
