// All-gather in n/2 steps between neighbours: first within pairs 2p, 2p+1, then with the neighbour on the
// other side and back in turn, each time the two blocks that came last. In step t >= 1 an even rank of pair p
// sends the blocks of pair p + (t-1)/2 or p - t/2 as t is odd or even; an odd rank mirrors that. n is even.
// Source: Chen, Zhang, Zhang and Yuan 2005.
#include "collectives/algorithms/build.hpp"

namespace aifsim {

bool build_neighbor_exchange(Schedule& s) {
  const std::int64_t n = s.group.ranks, pairs = n / 2;
  if (s.kind != CollectiveKind::all_gather || n % 2 != 0) return false;
  s.cells = n;
  Phase first;
  first.sends = [](std::int64_t, std::int64_t rank, Sends& out) { out.add(rank ^ 1, Work::copy, {rank, 1}); };
  s.phases.push_back(std::move(first));
  if (pairs == 1) return true;
  Phase rest;
  rest.steps = pairs - 1;
  rest.period = 2;
  rest.sends = [n, pairs](std::int64_t step, std::int64_t rank, Sends& out) {
    const std::int64_t t = step + 1, sign = rank % 2 == 0 ? 1 : -1;
    const std::int64_t to = (rank + (t % 2 == 0 ? sign : -sign) + n) % n;
    const std::int64_t shift = sign * (t % 2 == 0 ? -t / 2 : (t - 1) / 2);
    out.add(to, Work::copy, {((rank / 2 + shift) % pairs + pairs) % pairs * 2, 2});
  };
  s.phases.push_back(std::move(rest));
  return true;
}

}  // namespace aifsim
