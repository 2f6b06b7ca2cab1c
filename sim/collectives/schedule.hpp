// A collective as a schedule: which rank sends which part of the buffer to which, in phases of steps. Every
// level of fidelity runs the same schedule.
//
// A rank's buffer of V bytes is `cells` equal cells. Phases run one after the other, and so do the steps of a
// phase: a rank starts step s when all that it sends and receives in step s-1 is done. What it sends in a
// step it held before the step. Nothing is stored per pair or per step: a phase is a function that says what
// one rank sends in one step, so that a ring of 131,072 ranks costs nothing to describe.
//
// A pipelined phase (trees, chains) is cut into K pieces, each 1/K of every send: piece k does step s in slot
// s + k of steps + K - 1, and a rank starts a slot when all that it sends and receives in the slot before, on
// the same channel, is done.
//
// Each rank's cells, by kind, n ranks, c = cells / n:
//   all_gather, gather, reduce_scatter, scatter   block r = [r c, (r+1) c) belongs to rank r
//   all_to_all, expert_dispatch, expert_combine   what rank i sends to rank j is the block i*n + j, one cell
//   in size; cells = n barrier          a token of rank r is the cell r; its size is nothing others any
// To add an algorithm: see catalog/algorithms.def.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "program/program.hpp"

namespace aifsim {

// How the GPUs of a node meet: over something that all share (a switch, the host), each next to two others and
// back to the first, or each next to each.
enum class NodeLinks { shared, ring, mesh };

// One group of a communicator: `ranks` consecutive group ranks, `per_node` of them in each node, of which the
// last may have fewer.
struct GroupShape {
  std::int64_t ranks = 1;
  std::int64_t per_node = 1;
  NodeLinks links = NodeLinks::shared;
  std::int64_t nodes() const { return (ranks + per_node - 1) / per_node; }
  bool even() const { return ranks % per_node == 0; }
  std::int64_t least_per_node() const { return even() ? per_node : ranks % per_node; }
  std::int64_t node_of(std::int64_t rank) const { return rank / per_node; }
  auto operator<=>(const GroupShape&) const = default;
};

// What becomes of cells that arrive. in_switch: a switch that all senders of the same `group` in this step
// share sums each cell over them, and hands the sum to every receiver of the group; `to` is a rank whose
// route from the sender loads the links as the way over the switch does.
enum class Work { copy, add, in_switch };

struct CellRange {
  std::int64_t first = 0, count = 0;
};

// What one rank sends in one step.
class Sends {
 public:
  struct Send {
    std::int32_t to = 0;
    Work work = Work::copy;
    std::int32_t group = 0;    // in_switch
    std::int32_t channel = 0;  // pipelined: channels go on without waiting for each other
    double volume = 0;         // in cells
    std::size_t first_range = 0, ranges = 0;
  };
  enum class Detail { volumes, cells };  // which cells is costly, and only the symbolic proof asks

  explicit Sends(Detail detail = Detail::volumes) : detail_(detail) {}
  void clear() {
    sends_.clear();
    ranges_.clear();
  }
  void add(std::int64_t to, Work work, CellRange range, std::int64_t channel = 0) {
    add(to, work, static_cast<double>(range.count), [range](auto emit) { emit(range); });
    sends_.back().channel = static_cast<std::int32_t>(channel);
  }
  // `cells(emit)` calls emit(CellRange) for each range.
  template <class Cells>
  void add(std::int64_t to, Work work, double volume, Cells cells, std::int64_t group = 0) {
    Send send{
        static_cast<std::int32_t>(to), work, static_cast<std::int32_t>(group), 0, volume, ranges_.size(), 0};
    if (detail_ == Detail::cells) {
      cells([this](CellRange range) {
        if (range.count > 0) ranges_.push_back(range);
      });
      send.ranges = ranges_.size() - send.first_range;
    }
    sends_.push_back(send);
  }
  std::span<const Send> all() const { return sends_; }
  std::span<const CellRange> cells(const Send& send) const {
    return std::span(ranges_).subspan(send.first_range, send.ranges);
  }

 private:
  Detail detail_;
  std::vector<Send> sends_;
  std::vector<CellRange> ranges_;
};

struct EdgeLoad {
  std::int32_t source, destination;  // group ranks
  double share;                      // of the buffer's bytes, over the whole phase
};

// Messages one after the other, by the slowest link that they cross: a step in which any message crosses
// nodes is `inter`.
struct Hops {
  double intra = 0, inter = 0;
};

struct Phase {
  std::int64_t steps = 1;
  // Step s sends the same volumes over the same edges as step s mod period; 0: no two steps need be alike.
  std::int64_t period = 1;
  bool pipelined = false;
  // Appends what `rank` sends in `step`.
  std::function<void(std::int64_t step, std::int64_t rank, Sends& out)> sends;
  // What `sends` adds up to over all steps, where a shorter way than asking is known; shares in cells.
  std::function<void(std::vector<EdgeLoad>& out)> edges = {};
  // Of one piece, likewise; of a phase that is no pipeline, those on the way of a part of the buffer, where that
  // is not simply all steps (a ring's parts cross nodes in some of them).
  std::optional<Hops> hops = {};
  bool in_switch = false;  // a switch sums and copies
  // Messages beyond the first that the busiest rank sends or receives in one step.
  double extra_messages = 0;
};

// The size, in cells, of the block that one rank sends to another: 1 on average.
class BlockWeights {
 public:
  BlockWeights() = default;
  // Rank r's popularity falls as (r + 1)^-skew. A dispatch sends more to popular ranks, a combine from them.
  BlockWeights(CollectiveKind kind, std::int64_t ranks, double skew);
  bool even() const { return !popularity_; }
  double origin(std::int64_t rank) const { return popularity_ && back_ ? (*popularity_)[rank] : 1; }
  double destination(std::int64_t rank) const { return popularity_ && !back_ ? (*popularity_)[rank] : 1; }
  double operator()(std::int64_t from, std::int64_t to) const { return origin(from) * destination(to); }

 private:
  std::shared_ptr<const std::vector<double>> popularity_;
  bool back_ = false;
};

struct Schedule {
  CollectiveKind kind = CollectiveKind::all_reduce;
  Algorithm algorithm = Algorithm::ring;
  GroupShape group;
  std::int64_t cells = 1;
  std::vector<Phase> phases;
  BlockWeights weight;    // where everyone sends a block to everyone
  double visits = 1;      // TokenSpread's
  bool streamed = false;  // pieces flow through all phases at once

  bool sends_blocks_to_all() const {
    return kind == CollectiveKind::all_to_all || kind == CollectiveKind::expert_dispatch ||
           kind == CollectiveKind::expert_combine;
  }
};

// All algorithms that exist for a kind on a group of this shape.
std::vector<Algorithm> algorithms_for(CollectiveKind kind, const GroupShape& group);

// Nothing where the algorithm does not exist for this kind and shape. One rank needs no phases.
std::optional<Schedule> find_schedule(CollectiveKind kind, Algorithm algorithm, const GroupShape& group,
                                      const TokenSpread& tokens = {});
// The same where it must exist: otherwise it is our own bug.
Schedule make_schedule(CollectiveKind kind, Algorithm algorithm, const GroupShape& group,
                       const TokenSpread& tokens = {});

// Calls visit(slot, piece, rank, send) for every message of a phase in the order of its slots; a message
// carries send.volume / schedule.cells / pieces of the buffer.
void for_each_message(
    const Schedule& schedule, const Phase& phase, std::int64_t pieces,
    const std::function<void(std::int64_t, std::int64_t, std::int64_t, const Sends::Send&)>& visit);

// What the cost of a schedule is made of: one or more per phase, in order; of a streamed one, a single load. A
// phase whose steps are all alike is one load, one of period p is p loads, one of unlike steps is one load over
// all of them (its steps drift apart and smooth each other).
struct PhaseLoad {
  std::vector<EdgeLoad> edges;
  double hops_intra = 0, hops_inter = 0;  // of a pipelined phase: of one piece; the others follow it
  double extra_messages = 0;              // as Phase's
  bool in_switch = false, pipelined = false;
  // Of a phase whose steps are unlike and follow each other: how many, and what each sends, in cells.
  std::int64_t unlike = 0;
  double cells = 1;
  std::function<void(std::int64_t step, std::int64_t rank, Sends& out)> sends;
};
std::vector<PhaseLoad> loads(const Schedule& schedule);

}  // namespace aifsim
