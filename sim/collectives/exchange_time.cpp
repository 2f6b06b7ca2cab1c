#include "collectives/exchange_time.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {
namespace {

double norm3(double a, double b) { return std::cbrt(a * a * a + b * b * b); }

}  // namespace

Seconds exchange_time(const ExchangeModel& m, const CollectiveQuery& q) {
  const double tokens = double(q.tokens), hidden = double(q.hidden), topk = double(q.topk);
  const double ranks = double(q.ranks), nodes = q.nodes();
  const double fixed = m.base + m.node_level * std::log2(nodes) + m.expert_time * double(q.experts);
  const double rows = 2 * tokens * hidden;
  if (m.kernel == ExchangeKernel::low_latency) {
    const double far = nodes > 1 ? 1 + (nodes - 1) / nodes * m.bandwidth / m.node_bandwidth : 1;
    return Seconds{fixed + tokens * topk * m.token_time / 8 + rows * topk / m.bandwidth * far};
  }
  const double multiprocessors = q.multiprocessors > 0 ? q.multiprocessors : 20;
  const double inside = rows * ranks * (1 - std::pow(1 - 1 / ranks, topk));
  const double outside = rows * nodes * (1 - std::pow(1 - 1 / nodes, topk)) * (1 - 1 / nodes);
  const double near = norm3(inside / (multiprocessors * m.sm_bandwidth), inside / m.bandwidth);
  const double far = norm3(outside / (multiprocessors * m.sm_node_bandwidth), outside / m.node_bandwidth);
  return Seconds{fixed + std::max(near, far) + m.ramp * std::sqrt(inside / multiprocessors) +
                 tokens * topk * m.token_time / multiprocessors};
}

}  // namespace aifsim
