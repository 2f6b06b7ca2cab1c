#include "collectives/step_time.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {

Seconds step_time(const StepModel& m, const CollectiveQuery& q, double nics,
                  const std::vector<StepLoad>& loads, const Implementation* own) {
  const double per_node = static_cast<double>(q.ranks_per_node), buffer = q.bytes.value;
  double latency_factor = 1, transfer_factor = 1;
  for (const Campaign& c : m.campaigns) {
    if (c.ranks_per_node != q.ranks_per_node || c.nodes * c.ranks_per_node != q.ranks || c.rails != q.rails)
      continue;
    latency_factor = c.latency_factor;
    transfer_factor = c.transfer_factor;
  }
  const double cached = std::pow(m.cache_bytes / (2 * buffer), 2);
  const double crowd = std::pow(per_node, m.crowding);
  const double reduction =
      1 / m.cached_reduction + (crowd / m.memory_reduction - 1 / m.cached_reduction) / (1 + cached);
  double waiting = 0, moving = 0;
  for (const StepLoad& s : loads) {
    double bytes = s.reduced * reduction + s.copied / m.copy_bandwidth / (1 + cached) * crowd;
    if (s.fresh > 0) {
      const double from = s.fresh_from > 0 ? s.fresh_from : m.fresh_bytes;
      bytes += (m.fresh_base + s.fresh / m.fresh_bandwidth) / (1 + std::pow(from / buffer, 4)) * crowd;
    }
    if (s.messages > 0) {
      // Within a node's distance a repeated step (a ring) leaves the node once in `per_node` ranks.
      const double outside = s.distance >= per_node ? 1 : s.repetitions > 1 ? s.distance / per_node : 0;
      const double apart = std::max(s.distance / per_node, 1.0);
      const double shake = s.bytes > m.rendezvous_bytes
                               ? m.rendezvous
                               : m.rendezvous * std::pow(s.bytes / m.rendezvous_bytes, 2);
      const double far = (m.latency + m.hop_latency * std::log2(apart + 1)) * latency_factor + shake;
      const double share = s.distance >= per_node && !s.alone ? std::max(1.0, m.rails * per_node / nics) : 1;
      const double wire =
          s.bytes * share / (m.bandwidth * (s.exchange ? m.exchange_share : 1)) * transfer_factor;
      const double local = s.bytes / m.local_bandwidth;
      const double transfer = outside >= 1 ? wire : outside > 0 ? std::max(wire, local) : local;
      bytes += s.messages * transfer + m.ramp * std::sqrt(s.bytes);
      waiting += s.repetitions *
                 (outside * far + (1 - outside) * m.local_latency + (s.messages - 1) * m.message_gap);
    }
    moving += s.repetitions * bytes;
  }
  return Seconds{own ? waiting * own->latency_factor + moving * own->byte_factor : waiting + moving};
}

const Implementation* find_implementation(const StepModel& model, MeasuredOp op, const std::string& name) {
  for (const Implementation& i : model.implementations)
    if (i.collective == op && i.algorithm == name) return &i;
  return nullptr;
}

Seconds step_time(const StepModel& model, const CollectiveQuery& query, double nics) {
  return step_time(model, query, nics, step_loads(query),
                   find_implementation(model, query.op, implementation_of(query)));
}

}  // namespace aifsim
