// Everything at once, or straight between two ranks.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/rooted_tree.hpp"
#include "collectives/algorithms/rotation.hpp"

namespace aifsim {

bool build_linear(Schedule& s) {
  const GroupShape g = s.group;
  const std::int64_t n = g.ranks;
  Phase phase;
  phase.extra_messages = static_cast<double>(n - 2);
  (g.nodes() > 1 ? phase.hops.emplace().inter : phase.hops.emplace().intra) = 1;
  const auto to_all = [&](auto send, auto volume) {
    phase.sends = [=](std::int64_t, std::int64_t rank, Sends& out) {
      for (std::int64_t i = 1; i < n; ++i) send(rank, (rank + i) % n, out);
    };
    phase.edges = [=](std::vector<EdgeLoad>& out) { add_pairs(g, false, volume, out); };
    s.phases = {std::move(phase)};
    return true;
  };
  const auto one = [](auto, auto) { return 1.0; };
  switch (s.kind) {
    case CollectiveKind::all_to_all:
    case CollectiveKind::expert_dispatch:
    case CollectiveKind::expert_combine:
      s.cells = n;
      return to_all(
          [n, weight = s.weight](std::int64_t from, std::int64_t to, Sends& out) {
            out.add(to, Work::copy, weight(from, to), [&](auto emit) { emit(CellRange{from * n + to, 1}); });
          },
          s.weight);
    case CollectiveKind::all_gather:
      s.cells = n;
      return to_all([](auto from, auto to, Sends& out) { out.add(to, Work::copy, {from, 1}); }, one);
    case CollectiveKind::reduce_scatter:
      s.cells = n;
      return to_all([](auto, auto to, Sends& out) { out.add(to, Work::add, {to, 1}); }, one);
    case CollectiveKind::all_reduce:
      s.cells = 1;
      return to_all([](auto, auto to, Sends& out) { out.add(to, Work::add, {0, 1}); }, one);
    default:
      return build_on_tree(s, flat_tree(n));
  }
}

bool build_direct(Schedule& s) {
  if (s.kind != CollectiveKind::send_receive) return false;
  Phase phase;
  phase.sends = [n = s.group.ranks](std::int64_t, std::int64_t rank, Sends& out) {
    out.add((rank + 1) % n, Work::copy, {0, 1});
  };
  s.phases = {std::move(phase)};
  return true;
}

}  // namespace aifsim
