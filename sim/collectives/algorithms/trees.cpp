// Rooted collectives on trees of known shapes; names as in MPICH and Open MPI.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/rooted_tree.hpp"
#include "collectives/algorithms/rotation.hpp"

namespace aifsim {
namespace {

bool pipeline(Schedule& s, const Tree& tree) {
  if (s.kind == CollectiveKind::broadcast)
    add_tree(s, tree, true, Work::copy, Carry::everything, true);
  else if (s.kind == CollectiveKind::reduce)
    add_tree(s, tree, false, Work::add, Carry::everything, true);
  else
    return false;
  return true;
}

}  // namespace

bool build_binomial(Schedule& s) { return build_on_tree(s, nomial_tree(s.group.ranks, 2)); }
bool build_knomial(Schedule& s) { return build_on_tree(s, nomial_tree(s.group.ranks, 4)); }
bool build_binary_tree(Schedule& s) { return pipeline(s, binary_tree(s.group.ranks)); }
bool build_chain(Schedule& s) { return pipeline(s, chain_tree(s.group.ranks)); }

// Van de Geijn's broadcast: every rank gets a block, then all gather.
bool build_scatter_allgather(Schedule& s) {
  if (s.kind != CollectiveKind::broadcast || !power_of_two(s.group.ranks)) return false;
  s.cells = s.group.ranks;
  add_tree(s, nomial_tree(s.group.ranks, 2), true, Work::copy, Carry::subtree);
  return gather_blocks(s, near_first);
}

bool build_scatter_ring(Schedule& s) {
  if (s.kind != CollectiveKind::broadcast) return false;
  s.cells = s.group.ranks;
  add_tree(s, nomial_tree(s.group.ranks, 2), true, Work::copy, Carry::subtree);
  add_neighbour_ring(s);
  return true;
}

}  // namespace aifsim
