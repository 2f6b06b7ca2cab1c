// The butterflies of distance 1, 2, 4, ... and n/2, ..., 2, 1. Source: Thakur, Rabenseifner and Gropp 2005;
// names as in MPICH and Open MPI.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/butterfly.hpp"

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

bool build_halving_doubling(Schedule& s) {
  if (s.kind != CollectiveKind::all_reduce) return false;
  scatter_and_gather(s, near_first);  // backwards: n/2 first
  return true;
}

bool build_rabenseifner(Schedule& s) {
  if (s.kind != CollectiveKind::all_reduce) return false;
  scatter_and_gather(s, far_first);  // backwards: 1 first
  return true;
}

}  // namespace aifsim
