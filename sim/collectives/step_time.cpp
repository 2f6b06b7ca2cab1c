#include "collectives/step_time.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {

Seconds step_time(const StepModel& m, const CollectiveQuery& q, double nics,
                  const std::vector<StepLoad>& loads) {
  namespace usual = mpi_usual;
  const double per_node = static_cast<double>(q.ranks_per_node), buffer = q.bytes.value;
  const double cached = std::pow(usual::cache_bytes / (2 * buffer), 2);
  const double crowd = std::pow(per_node, usual::crowding);
  const double reduction =
      1 / m.cached_reduction + (crowd / m.memory_reduction - 1 / m.cached_reduction) / (1 + cached);
  double waiting = 0, moving = 0;
  for (const StepLoad& s : loads) {
    double bytes = s.reduced * reduction + s.copied / m.copy_bandwidth / (1 + cached) * crowd;
    if (s.fresh > 0) {
      const double from = s.fresh_from > 0 ? s.fresh_from : usual::fresh_bytes;
      bytes += (usual::fresh_base + s.fresh / m.fresh_bandwidth) / (1 + std::pow(from / buffer, 4)) * crowd;
    }
    if (s.messages > 0) {
      // Within a node's distance a repeated step (a ring) leaves the node once in `per_node` ranks.
      const double outside = s.distance >= per_node ? 1 : s.repetitions > 1 ? s.distance / per_node : 0;
      const double apart = std::max(s.distance / per_node, 1.0);
      const double shake = s.bytes > usual::rendezvous_bytes
                               ? usual::rendezvous
                               : usual::rendezvous * std::pow(s.bytes / usual::rendezvous_bytes, 2);
      const double far = (m.latency + usual::hop_latency * std::log2(apart + 1)) + shake;
      const double share = s.distance >= per_node && !s.alone ? std::max(1.0, m.rails * per_node / nics) : 1;
      const double wire = s.bytes * share / (m.bandwidth * (s.exchange ? usual::exchange_share : 1));
      const double local = s.bytes / usual::local_bandwidth;
      const double transfer = outside >= 1 ? wire : outside > 0 ? std::max(wire, local) : local;
      bytes += s.messages * transfer + usual::ramp * std::sqrt(s.bytes);
      waiting += s.repetitions *
                 (outside * far + (1 - outside) * usual::local_latency + (s.messages - 1) * m.message_gap);
    }
    moving += s.repetitions * bytes;
  }
  return Seconds{waiting + moving};
}

Seconds step_time(const StepModel& model, const CollectiveQuery& query, double nics) {
  return step_time(model, query, nics, step_loads(query));
}

}  // namespace aifsim
