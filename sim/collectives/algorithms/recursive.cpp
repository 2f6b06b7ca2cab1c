// The butterflies of distance 1, 2, 4, ... and n/2, ..., 2, 1. Source: Thakur, Rabenseifner and Gropp 2005;
// names as in MPICH and Open MPI.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/butterfly.hpp"
#include "collectives/algorithms/rooted_tree.hpp"

namespace aifsim {

bool build_recursive_doubling(Schedule& s) {
  switch (s.kind) {
    case CollectiveKind::all_reduce:
      exchange_all(s, near_first);
      return true;
    case CollectiveKind::all_gather:
      return gather_blocks(s, near_first);
    default:
      return false;
  }
}

bool build_recursive_halving(Schedule& s) {
  return s.kind == CollectiveKind::reduce_scatter && scatter_blocks(s, near_first);
}

bool build_distance_doubling(Schedule& s) {
  return s.kind == CollectiveKind::reduce_scatter && scatter_blocks(s, far_first);
}

bool build_halving_doubling(Schedule& s) {
  if (s.kind != CollectiveKind::all_reduce) return false;
  scatter_and_gather(s, near_first);  // backwards: n/2 first
  return true;
}

bool build_rabenseifner(Schedule& s) {
  if (s.kind == CollectiveKind::reduce) {
    if (!scatter_blocks(s, far_first)) return false;
    add_tree(s, nomial_tree(s.group.ranks, 2), false, Work::copy, Carry::subtree);
    return true;
  }
  if (s.kind != CollectiveKind::all_reduce) return false;
  scatter_and_gather(s, far_first);  // backwards: 1 first
  return true;
}

}  // namespace aifsim
