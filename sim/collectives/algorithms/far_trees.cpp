// One tree a rank, all alike, in log2 n steps of distance d = 2^k, ..., 2, 1: before step d rank r holds the
// blocks r - o of all offsets o < n that are multiples of 2d, and sends those with o + d < n on to r + d. Far
// steps carry little. Any number of ranks. The reduce-scatter is the same backwards in time.
// Source: sparbit (Loch and Koslovski 2021); PAT (NCCL 2.23, Jeaugey 2025), which does this between nodes and
// cuts it to the size of its buffers, which is not modelled here.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/butterfly.hpp"

namespace aifsim {
namespace {

bool far_trees(Schedule& s) {
  const bool gather = s.kind == CollectiveKind::all_gather;
  if (!gather && s.kind != CollectiveKind::reduce_scatter) return false;
  const std::int64_t n = s.group.ranks, steps = log2_ceil(n);
  s.cells = n;
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::int64_t d = std::int64_t{1} << (gather ? steps - 1 - i : i);
    const std::int64_t count = (n - d + 2 * d - 1) / (2 * d);  // multiples of 2d below n - d
    Phase phase;
    phase.sends = [=](std::int64_t, std::int64_t rank, Sends& out) {
      const std::int64_t other = (rank + (gather ? d : n - d)) % n, upper = gather ? rank : other;
      out.add(other, gather ? Work::copy : Work::add, static_cast<double>(count), [&](auto emit) {
        for (std::int64_t o = 0; o + d < n; o += 2 * d) emit(CellRange{(upper - o + n) % n, 1});
      });
    };
    s.phases.push_back(std::move(phase));
  }
  return true;
}

}  // namespace

bool build_sparbit(Schedule& s) { return s.kind == CollectiveKind::all_gather && far_trees(s); }
bool build_pat(Schedule& s) { return s.group.per_node == 1 && far_trees(s); }

}  // namespace aifsim
