// Wide-area links between sites.
//
//   capacity of a link = min(rate, streams * window / round trip),  latency = round trip / 2
//
// A TCP stream has at most a window in flight per round trip (Mathis et al. 1997 for lossless paths). The streams of a
// link are shared by all that use it. Routes between sites take the least latency; a link's direction does not slow the
// other. Assumption: no loss, no other traffic.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "machine/fabric.hpp"

namespace aifsim {

class WideArea {
 public:
  WideArea() = default;
  // `join` makes a link of one direction and returns its index in the fabric.
  using Join =
      std::function<std::size_t(std::size_t from, std::size_t to, BytesPerSecond rate, Seconds latency)>;
  WideArea(std::vector<std::string> sites, const std::vector<WanLink>& wan, const Join& join);

  // Appends the links between two sites, by their numbers, each as first + index. CannotAnswer where none lead there.
  void route(std::size_t from, std::size_t to, LinkId first, std::vector<LinkId>& out) const;

 private:
  struct Step {
    LinkId link = 0;
    std::size_t to = 0;
    bool known = false;
  };
  std::vector<std::string> sites_;
  std::vector<Step> next_;  // from site to site: the first link of the way
};

}  // namespace aifsim
