// The binary tree over nodes of NCCL's trees.
#pragma once
#include <cstdint>
#include <vector>

namespace aifsim {

struct NodeTree {
  std::vector<std::int32_t> parent, depth;  // by position; the root's parent is -1
  std::vector<std::vector<std::int32_t>> children;
  std::int64_t deepest = 0;
};

// Over 0..count-1, with root 0, in which odd positions are leaves.
NodeTree node_tree(std::int64_t count);

// Where each of so many nodes stands in the second of two trees, so that nodes inside the first are leaves of it: the
// mirror image of an even count, one further of an odd one, whose mirror has the same inside.
struct SecondTree {
  std::int64_t count;
  std::int64_t position_of(std::int64_t node) const {
    return count % 2 == 0 ? count - 1 - node : (node + count - 1) % count;
  }
  std::int64_t node_at(std::int64_t position) const {
    return count % 2 == 0 ? count - 1 - position : (position + 1) % count;
  }
};

}  // namespace aifsim
