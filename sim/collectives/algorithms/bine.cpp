// Bine trees and butterflies: binomial ones whose distances are negabinary, 1, 1, 3, 5, 11, ..., a third
// shorter than 1, 2, 4, 8, ..., so that less leaves a group of near ranks.
//   partner in the step of index j:  r + b_j (r even), r - b_j (r odd), mod n;  b_j = (1 - (-2)^(j+1)) / 3
// n is a power of two for blocks; all-reduces fold other counts. Small messages run down or exchange over the
// far distances first; large ones keep what is large near. Source: De Sensi et al. 2025, "Bine Trees:
// Enhancing Collective Operations by Optimizing Communication Locality".
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/butterfly.hpp"
#include "collectives/algorithms/rooted_tree.hpp"

namespace aifsim {
namespace {

std::int64_t partner(std::int64_t j, std::int64_t rank, std::int64_t m) {
  const std::int64_t power = std::int64_t{1} << (j + 1);
  const std::int64_t distance = (1 - (j % 2 == 0 ? -power : power)) / 3;
  return ((rank % 2 == 0 ? rank + distance : rank - distance) % m + m) % m;
}
std::int64_t near(std::int64_t step, std::int64_t rank, std::int64_t m) { return partner(step, rank, m); }
std::int64_t far(std::int64_t step, std::int64_t rank, std::int64_t m) {
  return partner(log2_floor(m) - 1 - step, rank, m);
}

}  // namespace

bool build_bine(Schedule& s) {
  switch (s.kind) {
    case CollectiveKind::all_reduce:
      exchange_all(s, near);
      return true;
    case CollectiveKind::all_gather:
      return gather_blocks(s, far);
    case CollectiveKind::reduce_scatter:
      return scatter_blocks(s, far);
    default:
      return power_of_two(s.group.ranks) && build_on_tree(s, butterfly_tree(s.group.ranks, far));
  }
}

bool build_bine_bandwidth(Schedule& s) {
  const std::int64_t n = s.group.ranks;
  if (s.kind == CollectiveKind::all_reduce) {
    scatter_and_gather(s, far);
    return true;
  }
  if (!power_of_two(n)) return false;
  s.cells = n;
  if (s.kind == CollectiveKind::broadcast) {
    add_tree(s, butterfly_tree(n, far), true, Work::copy, Carry::subtree);
    return gather_blocks(s, far);
  }
  if (s.kind != CollectiveKind::reduce || !scatter_blocks(s, far)) return false;
  add_tree(s, butterfly_tree(n, far), false, Work::copy, Carry::subtree);
  return true;
}

}  // namespace aifsim
