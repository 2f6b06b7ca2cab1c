#include "collectives/cluster_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aifsim {
namespace {

bool holds(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

double risen(double bytes, double at) { return 1 / (1 + std::pow(bytes / at, -3)); }

constexpr double kLimitRanks = 64;

double norm3(double a, double b) { return std::cbrt(a * a * a + b * b * b); }

}  // namespace

ClusterForm cluster_form(const CollectiveQuery& q) {
  if (q.op != MeasuredOp::all_reduce)
    throw CannotAnswer(
        fmt::format("{} of GPU buffers over several nodes is not modelled; all_reduce is", name_of(q.op)));
  const std::string& a = q.algorithm;
  if (holds(a, "hier_bw")) return ClusterForm::wide;
  if (holds(a, "hier_lat")) return ClusterForm::short_form;
  if (holds(a, "nvlstree") || holds(a, "ring")) return ClusterForm::ring;
  if (holds(a, "tree")) return ClusterForm::tree;
  if (a.empty() || holds(a, "auto") || holds(a, "collnet") || holds(a, "nvls") || holds(a, "pat"))
    return ClusterForm::library;
  throw CannotAnswer(fmt::format("no form known for the algorithm \"{}\" over several nodes", a));
}

double largest_tree(const ClusterModel& m, double ranks) { return m.tree_limit * ranks / kLimitRanks; }

Seconds cluster_time(const ClusterModel& m, const CollectiveQuery& q) {
  const double bytes = q.bytes.value, levels = std::log2(q.nodes()), n = static_cast<double>(q.ranks);
  const double root = std::sqrt(bytes), grown = (1 + m.ramp_growth * levels) * root;
  const double ring_left = std::pow(1 - m.ring_loss, levels - 1);
  const auto tree = [&] {
    return m.tree_base + m.tree_level * std::pow(levels, 1.3) + m.tree_late * risen(bytes, m.tree_switch) +
           m.tree_ramp * grown + 2 * bytes / (m.tree_bandwidth * std::pow(1 - m.tree_loss, levels - 1));
  };
  const auto ring = [&] {
    return m.ring_base + m.ring_step * 2 * (n - 1) + m.ring_late * risen(bytes, m.ring_switch) +
           m.ring_ramp * grown + q.volume() / (m.ring_bandwidth * ring_left);
  };
  switch (cluster_form(q)) {
    case ClusterForm::tree:
      return Seconds{tree()};
    case ClusterForm::ring:
      return Seconds{ring()};
    case ClusterForm::wide:
      return Seconds{m.wide_base + m.wide_level * levels + m.wide_ramp * grown +
                     q.volume() / (m.wide_bandwidth * ring_left)};
    case ClusterForm::short_form:
      return Seconds{m.short_base + m.short_level * levels + m.short_ramp * root +
                     levels * bytes / (m.short_bandwidth * ring_left)};
    case ClusterForm::library:
      break;
  }
  return Seconds{bytes <= largest_tree(m, n) ? std::min(tree(), ring()) : ring()};
}

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
