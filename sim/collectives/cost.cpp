#include "collectives/cost.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {

double intra_node_efficiency(const CommunicationDescription& c) { return c.intra_node_efficiency; }

double inter_node_efficiency(const CommunicationDescription& c, std::int64_t nodes) {
  const double doublings = std::max(0.0, std::log2(static_cast<double>(nodes)) - 1);
  return c.inter_node_efficiency * std::pow(1 - c.loss_per_doubling, doublings);
}

std::int64_t pieces_of(Bytes bytes, const Schedule& schedule) {
  constexpr double slice = 512.0 * 1024;
  double largest = 0;
  for (const Phase& phase : schedule.phases) largest = std::max(largest, phase.part);
  const double part = bytes.value * largest / static_cast<double>(schedule.cells);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(part / slice)));
}

}  // namespace aifsim
