// Rings through all ranks of one node.
#pragma once
#include <cstdint>
#include <vector>

#include "collectives/schedule.hpp"

namespace aifsim {

// In a mesh one ring uses one link per GPU: so many are taken that every link carries the same share. Where each GPU
// is next to two others, one ring each way round. Behind a switch one ring, in order, fills each GPU's link.
class NodeRings {
 public:
  NodeRings(std::int64_t ranks, NodeLinks links);
  std::int64_t ranks() const { return ranks_; }
  std::int64_t channels() const { return static_cast<std::int64_t>(rank_.size()); }
  std::int64_t rank(std::int64_t channel, std::int64_t position) const { return rank_[channel][position]; }
  std::int64_t position(std::int64_t channel, std::int64_t rank) const { return position_[channel][rank]; }

 private:
  void add(const std::vector<std::int32_t>& order);
  std::int64_t ranks_;
  std::vector<std::vector<std::int32_t>> rank_, position_;
};

// A way through all of 0 .. n-1 whose steps differ modulo n, each length once where n is even: 0, 1, -1, 2, -2
// ... (Walecki). Shifted by 0 .. n-1 they use every link of a mesh of even n once each way.
inline std::int64_t zigzag(std::int64_t place, std::int64_t n) {
  return place % 2 == 1 ? (place + 1) / 2 : (n - place / 2) % n;
}
inline std::int64_t place_in_zigzag(std::int64_t at, std::int64_t n) {
  return at == 0 ? 0 : 2 * at <= n ? 2 * at - 1 : 2 * (n - at);
}

}  // namespace aifsim
