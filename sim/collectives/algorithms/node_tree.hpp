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

// Over 0..count-1, with root 0, in which odd positions are leaves: the mirror image has others inside.
NodeTree node_tree(std::int64_t count);

}  // namespace aifsim
