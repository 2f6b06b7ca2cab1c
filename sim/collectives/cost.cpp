#include "collectives/cost.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace aifsim {

double intra_node_efficiency(const CommunicationDescription& c) { return c.intra_node_efficiency; }

double inter_node_efficiency(const CommunicationDescription& c, std::int64_t nodes) {
  const double doublings = std::max(0.0, std::log2(static_cast<double>(nodes)) - 1);
  return c.inter_node_efficiency * std::pow(1 - c.loss_per_doubling, doublings);
}

std::int64_t pieces_of(Bytes bytes, const Schedule& schedule) {
  constexpr double kib = 1024;
  double largest = 0;
  std::int64_t depth = 0;
  for (const Phase& phase : schedule.phases) {
    largest = std::max(largest, phase.part);
    depth = std::max(depth, phase.depth);
  }
  const double part = bytes.value * largest / static_cast<double>(schedule.cells);
  double slice = 512 * kib;
  for (const auto& [least, times] : {std::pair(128 * kib, 8.0), {64 * kib, 4.0}, {32 * kib, 1.0}})
    while (slice > least && part / slice < times * static_cast<double>(depth)) slice /= 2;
  constexpr double most = 16384;
  return static_cast<std::int64_t>(std::clamp(std::ceil(part / slice), 1.0, most));
}

std::int64_t merged_pieces(std::int64_t slices, Seconds slice, Seconds latency, double depth) {
  if (!(latency.value > slice.value)) return slices;
  const auto count = static_cast<double>(slices);
  const double merged =
      std::clamp(std::sqrt(count * latency.value / (std::max(depth, 1.0) * slice.value)), 1.0, 16.0);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(count / merged)));
}

}  // namespace aifsim
