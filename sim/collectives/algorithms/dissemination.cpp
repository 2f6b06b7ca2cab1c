// Barrier: in step k every rank tells the one at distance 2^k of all that it has heard of. Source: Hensgen,
// Finkel and Manber 1988.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/butterfly.hpp"

namespace aifsim {

bool build_dissemination(Schedule& s) {
  if (s.kind != CollectiveKind::barrier) return false;
  const std::int64_t n = s.group.ranks;
  for (std::int64_t distance = 1; distance < n; distance *= 2) {
    Phase phase;
    phase.sends = [n, distance](std::int64_t, std::int64_t rank, Sends& out) {
      out.add((rank + distance) % n, Work::copy, 0, [&](auto emit) {
        for (std::int64_t back = 0; back < distance; ++back) emit(CellRange{(rank - back + n) % n, 1});
      });
    };
    s.phases.push_back(std::move(phase));
  }
  return true;
}

}  // namespace aifsim
