// Rings through all ranks of one node.
#pragma once
#include <cstdint>
#include <vector>

namespace aifsim {

// With a full mesh one ring uses one link per GPU; up to four GPUs all directed cycles are taken, so that
// every link carries the same share; beyond that (a switch) the strides that visit every rank.
class NodeRings {
 public:
  explicit NodeRings(std::int64_t ranks);
  std::int64_t ranks() const { return ranks_; }
  std::int64_t channels() const { return static_cast<std::int64_t>(rank_.size()); }
  std::int64_t rank(std::int64_t channel, std::int64_t position) const { return rank_[channel][position]; }
  std::int64_t position(std::int64_t channel, std::int64_t rank) const { return position_[channel][rank]; }

 private:
  void add(const std::vector<std::int32_t>& order);
  std::int64_t ranks_;
  std::vector<std::vector<std::int32_t>> rank_, position_;
};

}  // namespace aifsim
