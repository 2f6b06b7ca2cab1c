// Trees with root 0, and the collectives that run up or down them.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "collectives/algorithms/butterfly.hpp"
#include "collectives/schedule.hpp"

namespace aifsim {

class RootedTree {
 public:
  // `parent` by rank, the root's -1; `when`: the step, on the way down, in which a rank hears from its
  // parent, later than its parent does.
  RootedTree(std::vector<std::int32_t> parent, std::vector<std::int32_t> when);

  std::int64_t ranks() const { return static_cast<std::int64_t>(parent_.size()); }
  std::int64_t steps() const { return steps_; }
  std::int64_t parent(std::int64_t rank) const { return parent_[rank]; }
  std::int64_t when(std::int64_t rank) const { return when_[rank]; }
  std::int64_t below(std::int64_t rank) const { return below_[rank]; }  // ranks in its subtree, itself too
  std::int64_t most_children_at_once() const;
  template <class Visit>
  void children(std::int64_t rank, const Visit& visit) const {
    for (std::int32_t c = first_child_[rank]; c >= 0; c = next_sibling_[c]) visit(std::int64_t{c});
  }
  template <class Visit>
  void subtree(std::int64_t rank, const Visit& visit) const {
    visit(rank);
    children(rank, [&](std::int64_t child) { subtree(child, visit); });
  }

 private:
  std::vector<std::int32_t> parent_, when_, first_child_, next_sibling_, below_;
  std::int64_t steps_ = 0;
};
using Tree = std::shared_ptr<const RootedTree>;

// A parent has the rank without its lowest digit in base `radix`; all children of one digit hear at once.
Tree nomial_tree(std::int64_t ranks, std::int64_t radix);
Tree flat_tree(std::int64_t ranks);    // everyone below the root
Tree chain_tree(std::int64_t ranks);   // r below r-1
Tree binary_tree(std::int64_t ranks);  // 2r+1 and 2r+2 below r
// Who hears of rank 0 from whom in a butterfly; m = 2^k ranks.
Tree butterfly_tree(std::int64_t ranks, const Partner& partner);

// What moves on an edge: all cells, or the blocks of the ranks below it.
enum class Carry { everything, subtree };
// Down from the root (copy), or up to it (copy: the blocks; add: sums). A phase a step, or, in pieces, one
// pipelined phase.
void add_tree(Schedule& s, const Tree& tree, bool down, Work work, Carry carry, bool pieces = false);

// broadcast, reduce, scatter and gather on one tree, whichever s is of; false for other kinds.
bool build_on_tree(Schedule& s, const Tree& tree);

}  // namespace aifsim
