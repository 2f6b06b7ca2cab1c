// Reduction and copying inside switches: a rank sends a cell once, the switch adds it to the others' and
// hands the sum to all. `nvls` does so inside the node (NVLink SHARP), with rings between nodes; `sharp`
// between nodes (the fabric's switches; NCCL's CollNet), with rings inside them; `nvls_sharp` both. Each
// all-reduce is a reduce-scatter inside the node, the sum between nodes, and an all-gather inside. A rank's
// traffic is the whole buffer out and in, against 2 (n-1)/n of it for a ring. Whether the switches can do it
// is the platform's to say.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/levels.hpp"

namespace aifsim {
namespace {

using LevelsRef = std::shared_ptr<const Levels>;
enum class Switched { reduce_scatter, all_gather, all_reduce };

Phase switch_on_level(const LevelsRef& levels, std::size_t k, Switched what, bool in_node) {
  Phase phase;
  phase.in_switch = in_node;
  if (phase.in_switch && what == Switched::all_reduce) phase.hops = Hops{2, 0};  // the sum up, and down again
  phase.sends = [levels, k, what](std::int64_t, std::int64_t rank, Sends& out) {
    const std::int64_t d = levels->size[k], part = levels->channels * levels->part(k, rank, 0).count;
    const double volume =
        static_cast<double>(part) *
        (what == Switched::all_reduce ? 1.0 : static_cast<double>(d - 1) / static_cast<double>(d));
    const std::int64_t group = rank - levels->index(k, rank, 0) * levels->stride(k);
    out.add(
        levels->next(k, rank, 0), Work::in_switch, volume,
        [&](auto emit) {
          for (std::int64_t c = 0; c < levels->channels; ++c) {
            const CellRange all = levels->part(k, rank, c);
            const std::int64_t chunk = all.count / d;
            emit(what == Switched::all_gather
                     ? CellRange{all.first + levels->index(k, rank, c) * chunk, chunk}
                     : all);
          }
        },
        group);
  };
  return phase;
}

bool build(Schedule& s, bool inside, bool between) {
  const GroupShape g = s.group;
  if (g.per_node == 1 && inside) return false;
  if (g.nodes() == 1 && between) return false;
  if (g.nodes() == 1 && s.kind != CollectiveKind::all_reduce) {
    if (s.kind != CollectiveKind::all_gather && s.kind != CollectiveKind::reduce_scatter) return false;
    const auto levels = std::make_shared<const Levels>(std::vector{g.ranks}, true, NodeLinks::shared);
    s.cells = g.ranks;
    s.phases = {switch_on_level(
        levels, 0, s.kind == CollectiveKind::all_gather ? Switched::all_gather : Switched::reduce_scatter,
        true)};
    return true;
  }
  if (s.kind != CollectiveKind::all_reduce) return false;
  if (g.nodes() == 1 || g.per_node == 1) {
    const auto levels = std::make_shared<const Levels>(std::vector{g.ranks}, true, NodeLinks::shared);
    s.cells = g.ranks;
    s.phases = {switch_on_level(levels, 0, Switched::all_reduce, g.nodes() == 1)};
    return true;
  }
  const auto levels = std::make_shared<const Levels>(std::vector{g.per_node, g.nodes()}, inside,
                                                     inside ? NodeLinks::shared : g.links);
  s.cells = levels->channels * levels->ranks;
  s.phases.push_back(inside ? switch_on_level(levels, 0, Switched::reduce_scatter, true)
                            : ring_on_level(levels, 0, Work::add));
  if (between) {
    s.phases.push_back(switch_on_level(levels, 1, Switched::all_reduce, false));
  } else {
    s.phases.push_back(ring_on_level(levels, 1, Work::add));
    s.phases.push_back(ring_on_level(levels, 1, Work::copy));
  }
  s.phases.push_back(inside ? switch_on_level(levels, 0, Switched::all_gather, true)
                            : ring_on_level(levels, 0, Work::copy));
  return true;
}

}  // namespace

bool build_nvls(Schedule& s) { return build(s, true, false); }
bool build_sharp(Schedule& s) { return build(s, false, true); }
bool build_nvls_sharp(Schedule& s) { return build(s, true, true); }

}  // namespace aifsim
