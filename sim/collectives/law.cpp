#include "collectives/law.hpp"

#include <algorithm>
#include <cmath>

#include "collectives/cluster_time.hpp"
#include "collectives/node_time.hpp"

namespace aifsim {
namespace {

std::optional<MeasuredOp> op_of(CollectiveKind kind) {
  switch (kind) {
    case CollectiveKind::all_reduce:
      return MeasuredOp::all_reduce;
    case CollectiveKind::all_gather:
      return MeasuredOp::all_gather;
    case CollectiveKind::reduce_scatter:
      return MeasuredOp::reduce_scatter;
    case CollectiveKind::all_to_all:
      return MeasuredOp::all_to_all;
    case CollectiveKind::broadcast:
      return MeasuredOp::broadcast;
    default:
      return std::nullopt;
  }
}

CollectiveQuery query_of(MeasuredOp op, const GroupShape& group, double bytes) {
  CollectiveQuery q;
  q.op = op;
  q.ranks = group.ranks;
  q.ranks_per_node = group.per_node;
  q.bytes = Bytes{bytes};
  return q;
}

template <class Time>
Law split(const Time& time, Bytes bytes, double spread, const char* block) {
  const Seconds none = time(1.0), all = time(std::max(1.0, bytes.value));
  return {none, all - none, spread, block};
}

std::optional<Law> inside(const NodeModel& block, bool switch_reduction, MeasuredOp op, Algorithm algorithm,
                          const GroupShape& group, Bytes bytes) {
  NodeModel m = block;
  const bool nvls = algorithm == Algorithm::nvls;
  if (algorithm != Algorithm::ring && algorithm != Algorithm::pairwise && !nvls) return std::nullopt;
  if (!nvls && switch_reduction) m.in_switch_gain = 1;  // else it is what eight ranks gain by their rings
  if (nvls && (op != MeasuredOp::all_reduce || group.ranks < 8)) return std::nullopt;
  return split([&](double b) { return node_time(m, query_of(op, group, b)); }, bytes, m.fit.spread, "node");
}

// A gather is the second half of a ring all-reduce, a reduce-scatter its first.
std::optional<Law> across(const ClusterModel& block, MeasuredOp op, Algorithm algorithm,
                          const GroupShape& group, Bytes bytes) {
  ClusterModel m = block;
  double spread = m.fit.spread;
  const bool half = op == MeasuredOp::all_gather || op == MeasuredOp::reduce_scatter;
  if (half) {
    m.ring_step /= 2;
    m.ring_bandwidth *= 2;
    spread *= 2;
  } else if (op != MeasuredOp::all_reduce) {
    return std::nullopt;
  }
  if (algorithm != Algorithm::ring && (half || algorithm != Algorithm::tree)) return std::nullopt;
  const auto time = [&](double b) {
    CollectiveQuery q = query_of(MeasuredOp::all_reduce, group, b);
    q.algorithm = algorithm == Algorithm::tree ? "tree" : "ring";
    return cluster_time(m, q);
  };
  return split(time, bytes, spread, "cluster");
}

}  // namespace

std::optional<Law> law_of(const PlatformDescription& platform, CollectiveKind kind, Algorithm algorithm,
                          const GroupShape& group, Bytes bytes, bool whole_nodes) {
  const auto op = op_of(kind);
  if (!op || group.ranks < 2) return std::nullopt;
  const CollectiveModels& models = platform.collectives;
  if (group.nodes() == 1 && !models.node.empty())
    return inside(models.node.front(), platform.node.switch_reduction, *op, algorithm, group, bytes);
  if (group.nodes() > 1 && whole_nodes && !models.cluster.empty()) {
    std::optional<Law> law = across(models.cluster.front(), *op, algorithm, group, bytes);
    if (!law || !platform.node.switch_reduction) return law;
    // What libraries do by the switches inside nodes was measured, too, and sends less between them than these
    // schedules; but it passes the switch.
    law->bounded = false;
    const GroupShape node{group.per_node, group.per_node, group.direct};
    for (const Algorithm a : {Algorithm::nvls, Algorithm::ring})
      if (const auto own = law_of(platform, kind, a, node, bytes, true)) {
        law->transfer = std::max(law->transfer, own->transfer);
        break;
      }
    return law;
  }
  return std::nullopt;
}

Seconds least_transfer(const PlatformDescription& platform, CollectiveKind kind, Algorithm algorithm,
                       const GroupShape& group, Bytes bytes) {
  if (group.nodes() == 1 || group.per_node == 1 ||
      (algorithm != Algorithm::ring && algorithm != Algorithm::tree && algorithm != Algorithm::hierarchical))
    return {};
  const GroupShape node{group.per_node, group.per_node, group.direct};
  const std::optional<Law> law = law_of(platform, kind, Algorithm::ring, node, bytes, true);
  return law ? law->transfer : Seconds{0};
}

std::vector<Algorithm> library_choices(const PlatformDescription& platform, CollectiveKind kind,
                                       const GroupShape& group, Bytes bytes, bool whole_nodes) {
  const bool all_reduce = kind == CollectiveKind::all_reduce;
  std::vector<Algorithm> found;
  for (const Algorithm a : {Algorithm::ring, Algorithm::tree, Algorithm::nvls, Algorithm::pairwise}) {
    if (!find_schedule(kind, a, group) || !law_of(platform, kind, a, group, bytes, whole_nodes)) continue;
    if (a == Algorithm::tree &&
        (!all_reduce ||
         bytes.value > largest_tree(platform.collectives.cluster.front(), double(group.ranks))))
      continue;
    if (a == Algorithm::nvls && !platform.node.switch_reduction) continue;
    found.push_back(a);
  }
  // The law of a node whose switches sum is that of their sums.
  if (std::find(found.begin(), found.end(), Algorithm::nvls) != found.end()) return {Algorithm::nvls};
  return found;
}

}  // namespace aifsim
