// Paths of the fewest hops over the links of a fabric, some of which may be down; among equally short ones,
// each switch on the way takes the next link by a number that the caller gives (a hash of both ends: ECMP).
#pragma once
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "machine/fabric.hpp"

namespace aifsim {

class ShortestPaths {
 public:
  // `links` outlive this.
  ShortestPaths(std::span<const Fabric::Link> links, SwitchId switches, std::vector<bool> down);

  bool is_down(std::size_t link) const { return !down_.empty() && down_[link]; }
  // Appends the links of a path, each as first + index; false where there is none.
  bool path(SwitchId from, SwitchId to, std::uint64_t choice, LinkId first, std::vector<LinkId>& out) const;

 private:
  using Hops = std::vector<std::uint32_t>;
  const Hops& hops_to(SwitchId target) const;

  std::span<const Fabric::Link> links_;
  std::vector<bool> down_;
  std::vector<std::uint32_t> out_first_, out_links_, in_first_, in_links_;  // by switch
  mutable std::mutex mutex_;
  mutable std::unordered_map<SwitchId, Hops> hops_;  // to each target that was asked for
};

}  // namespace aifsim
