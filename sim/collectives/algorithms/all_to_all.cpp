// Everyone sends a block to everyone. `linear` posts all messages at once, `pairwise` goes distance by
// distance, Bruck's moves each block by the bits of its distance in log2 n steps, `two_level` collects in the
// node what goes to the same local rank elsewhere, so that nodes exchange few large messages. Blocks may
// differ in size (Schedule::weight): experts' tokens.
#include <numeric>

#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/butterfly.hpp"
#include "collectives/algorithms/rotation.hpp"

namespace aifsim {
namespace {

bool blocks_to_all(const Schedule& s) { return s.sends_blocks_to_all(); }

}  // namespace

bool build_pairwise(Schedule& s) {
  const GroupShape g = s.group;
  const std::int64_t n = g.ranks;
  s.cells = n;
  Phase phase;
  phase.steps = n - 1;
  phase.period = 0;
  phase.hops = g.nodes() > 1 ? Hops{0, static_cast<double>(n - 1)} : Hops{static_cast<double>(n - 1), 0};
  if (s.kind == CollectiveKind::reduce_scatter) {
    phase.sends = [n](std::int64_t step, std::int64_t rank, Sends& out) {
      const std::int64_t to = (rank + step + 1) % n;
      out.add(to, Work::add, {to, 1});
    };
    phase.edges = [g](std::vector<EdgeLoad>& out) {
      add_pairs(
          g, false, [](auto, auto) { return 1.0; }, out);
    };
  } else if (blocks_to_all(s)) {
    phase.sends = [n, weight = s.weight](std::int64_t step, std::int64_t rank, Sends& out) {
      const std::int64_t to = (rank + step + 1) % n;
      out.add(to, Work::copy, weight(rank, to), [&](auto emit) { emit(CellRange{rank * n + to, 1}); });
    };
    phase.edges = [g, weight = s.weight](std::vector<EdgeLoad>& out) {
      add_pairs(
          g, false, [&](auto from, auto to) { return weight(from, to); }, out);
    };
  } else {
    return false;
  }
  s.phases = {std::move(phase)};
  return true;
}

bool build_bruck(Schedule& s) {
  const std::int64_t n = s.group.ranks, steps = log2_ceil(n);
  s.cells = n;
  const auto add = [&s](auto sends) {
    Phase phase;
    phase.sends = std::move(sends);
    s.phases.push_back(std::move(phase));
  };
  if (s.kind == CollectiveKind::all_gather || s.kind == CollectiveKind::reduce_scatter) {
    // In step k of the all-gather r sends its first blocks, its own and the next ones', to r - 2^k; the
    // reduce-scatter is that backwards in time.
    const bool gather = s.kind == CollectiveKind::all_gather;
    for (std::int64_t i = 0; i < steps; ++i) {
      const std::int64_t distance = std::int64_t{1} << (gather ? i : steps - 1 - i);
      const std::int64_t count = std::min(distance, n - distance);
      add([=](std::int64_t, std::int64_t rank, Sends& out) {
        const std::int64_t other = (rank + (gather ? n - distance : distance)) % n;
        const std::int64_t first = gather ? rank : other;
        out.add(other, gather ? Work::copy : Work::add, static_cast<double>(count), [&](auto emit) {
          emit(CellRange{first, std::min(count, n - first)});
          emit(CellRange{0, count - std::min(count, n - first)});
        });
      });
    }
    return true;
  }
  if (!blocks_to_all(s)) return false;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t bit = std::int64_t{1} << step;
    double even = 0;  // blocks whose distance has the bit
    for (std::int64_t j = bit; j < n; ++j) even += (j & bit) != 0 ? 1 : 0;
    add([=, weight = s.weight](std::int64_t, std::int64_t rank, Sends& out) {
      const auto blocks = [&](auto visit) {
        for (std::int64_t j = bit; j < n; ++j) {
          if ((j & bit) == 0) continue;
          const std::int64_t origin = (rank - (j & (bit - 1)) + n) % n;
          visit(origin, (origin + j) % n);
        }
      };
      double volume = even;
      if (!weight.even()) {
        volume = 0;
        blocks([&](auto origin, auto destination) { volume += weight(origin, destination); });
      }
      out.add((rank + bit) % n, Work::copy, volume, [&](auto emit) {
        blocks([&](auto origin, auto destination) { emit(CellRange{origin * n + destination, 1}); });
      });
    });
  }
  return true;
}

bool build_two_level(Schedule& s) {
  const GroupShape g = s.group;
  if (!blocks_to_all(s) || g.nodes() == 1 || g.per_node == 1) return false;
  const std::int64_t n = g.ranks, per_node = g.per_node, nodes = g.nodes();
  s.cells = n;
  // What all nodes' ranks of one index receive, and what a node's ranks send.
  std::vector<double> to_index(per_node, 0), of_node(nodes, 0);
  for (std::int64_t r = 0; r < n; ++r) {
    to_index[r % per_node] += s.weight.destination(r);
    of_node[r / per_node] += s.weight.origin(r);
  }
  Phase inside;
  inside.steps = per_node - 1;
  inside.period = 0;
  const auto inside_volume = [=, weight = s.weight](std::int64_t from, std::int64_t to) {
    return weight.origin(from) * to_index[to % per_node];
  };
  inside.sends = [=](std::int64_t step, std::int64_t rank, Sends& out) {
    const std::int64_t index = (rank % per_node + step + 1) % per_node;
    const std::int64_t to = rank / per_node * per_node + index;
    out.add(to, Work::copy, inside_volume(rank, to), [&](auto emit) {
      for (std::int64_t node = 0; node < nodes; ++node)
        emit(CellRange{rank * n + node * per_node + index, 1});
    });
  };
  Phase between;
  between.steps = nodes - 1;
  between.period = 0;
  between.hops = Hops{0, static_cast<double>(nodes - 1)};
  const auto between_volume = [=, weight = s.weight](std::int64_t from, std::int64_t to) {
    return of_node[from / per_node] * weight.destination(to);
  };
  between.sends = [=](std::int64_t step, std::int64_t rank, Sends& out) {
    const std::int64_t to = (rank + (step + 1) * per_node) % n, first = rank / per_node * per_node;
    out.add(to, Work::copy, between_volume(rank, to), [&](auto emit) {
      for (std::int64_t origin = first; origin < first + per_node; ++origin)
        emit(CellRange{origin * n + to, 1});
    });
  };
  between.edges = [=](std::vector<EdgeLoad>& out) { add_pairs(g, true, between_volume, out); };
  s.phases = {std::move(inside), std::move(between)};
  return true;
}

}  // namespace aifsim
