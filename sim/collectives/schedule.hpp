// A collective as a schedule: which rank sends which part of the buffer to which, in phases.
//
// A buffer of V bytes is divided into `cells` equal cells. A phase runs all of its rings and trees at the
// same time; phases run one after the other.
//   Ring of m ranks over a range of cells split into m chunks; m-1 steps. In step s the rank at position p
//     sends chunk (p - s) mod m (all-gather) or (p - s - 1) mod m (reduce-scatter) to position p+1, so that
//     position p ends with every chunk, or with chunk p fully reduced.
//   Tree over a range of cells: every rank sends its partial sum to its parent (reduce), the root's result
//     goes down again (broadcast), in pieces, so that the levels work at the same time.
// Every level of fidelity runs the same schedule.
// Source of the algorithms: NCCL's rings and double binary trees (Sanders, Speck, Traff 2009), Patarasuk and
// Yuan 2009 for the ring all-reduce; the hierarchical form is reduce-scatter in the node, ring all-reduce
// between nodes for each local rank, all-gather in the node.
#pragma once
#include <cstdint>
#include <vector>

#include "program/program.hpp"

namespace aifsim {

// One group of a communicator: `ranks` consecutive group ranks, `per_node` of them in each node.
struct GroupShape {
  std::int64_t ranks = 1;
  std::int64_t per_node = 1;
  std::int64_t nodes() const { return ranks / per_node; }
  auto operator<=>(const GroupShape&) const = default;
};

enum class RingWork { gather, reduce_scatter, pipeline };  // pipeline: a broadcast from position 0

struct Ring {
  std::vector<std::int32_t> order;  // group ranks, by position
  std::int64_t first_cell = 0, cells = 0;
};

struct Tree {
  std::vector<std::int32_t> parent;  // by group rank; the root's is -1
  std::int64_t first_cell = 0, cells = 0;
};

struct RingPhase {
  RingWork work = RingWork::gather;
  std::vector<Ring> rings;
};

struct TreePhase {
  bool reduce = true, broadcast = true;
  std::vector<Tree> trees;
};

struct Schedule {
  CollectiveKind kind = CollectiveKind::all_reduce;
  Algorithm algorithm = Algorithm::ring;
  GroupShape group;
  std::int64_t cells = 1;
  struct Phase {
    std::vector<RingPhase> rings;  // one entry, or none
    std::vector<TreePhase> trees;  // one entry, or none
  };
  std::vector<Phase> phases;
};

// The algorithms that exist for a kind on a group of this shape, ring first.
std::vector<Algorithm> algorithms_for(CollectiveKind kind, const GroupShape& group);

// An algorithm that does not exist for the kind and shape is our own bug (asserted).
Schedule make_schedule(CollectiveKind kind, Algorithm algorithm, const GroupShape& group);

// What the cost of a schedule is made of, per phase.
struct EdgeLoad {
  std::int32_t source, destination;  // group ranks
  double share;                      // of the buffer's bytes, over the whole phase
};
struct PhaseLoad {
  std::vector<EdgeLoad> edges;
  // Messages one after the other: the steps of a ring (all at the pace of its slowest hop, so all `inter` in
  // a ring that crosses nodes), the longest path of a tree.
  double hops_intra = 0, hops_inter = 0;
};
// `pieces`: into how many pieces a tree or a pipeline cuts its part of the buffer.
std::vector<PhaseLoad> loads(const Schedule& schedule, std::int64_t pieces);

}  // namespace aifsim
