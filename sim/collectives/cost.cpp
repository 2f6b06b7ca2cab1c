#include "collectives/cost.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {

double intra_node_efficiency(const CommunicationDescription& c) { return c.intra_node_efficiency; }

double inter_node_efficiency(const CommunicationDescription& c, std::int64_t nodes) {
  const double doublings = std::max(0.0, std::log2(static_cast<double>(nodes)) - 1);
  return c.inter_node_efficiency * std::pow(1 - c.loss_per_doubling, doublings);
}

}  // namespace aifsim
