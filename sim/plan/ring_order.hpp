// The order in which a ring goes through the GPUs of a node, as a library that knows the wiring lays it.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

namespace aifsim {

struct RingStep {
  double bandwidth = 0;  // bytes per second from one GPU to another
  double latency = 0;    // seconds
};

// Of `size` places, a way through all and back to the first, which it starts with: its narrowest step is as wide as
// any way's can be, and of such ways its latencies add up to the least; in order of places where no way is better.
// `step(a, b)` from place a to b. In order where more than 16 places would be too many to try.
std::vector<std::int64_t> ring_order(std::int64_t size,
                                     const std::function<RingStep(std::int64_t, std::int64_t)>& step);

}  // namespace aifsim
