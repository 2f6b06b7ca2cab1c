// Ranks on levels: index i_0 within the node, i_1 among d_1 nodes, i_2 among d_2 of such blocks, ...
#pragma once
#include <memory>

#include "collectives/algorithms/rings.hpp"
#include "collectives/schedule.hpp"

namespace aifsim {

// The cell (c, i_0, i_1, ...) of channel c belongs to the rank with these indices; i_0 is its position in the
// node's channel c.
struct Levels {
  std::vector<std::int64_t> size;  // d_k
  NodeRings local;
  std::int64_t channels, ranks = 1;

  Levels(std::vector<std::int64_t> sizes, bool one_channel, NodeLinks links);
  std::int64_t stride(std::size_t k) const;  // in ranks, between neighbours on level k > 0
  std::int64_t index(std::size_t k, std::int64_t rank, std::int64_t channel) const;
  std::int64_t next(std::size_t k, std::int64_t rank, std::int64_t channel) const;  // around level k
  // The cells that agree with the rank on the levels below k: those it deals with on k.
  CellRange part(std::size_t k, std::int64_t rank, std::int64_t channel) const;
};

// Reduce-scatter (add) or all-gather (copy) of those cells around level k.
Phase ring_on_level(const std::shared_ptr<const Levels>& levels, std::size_t k, Work work);

}  // namespace aifsim
