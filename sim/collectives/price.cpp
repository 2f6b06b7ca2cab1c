#include "collectives/price.hpp"

#include <algorithm>
#include <cmath>

namespace aifsim {
namespace {

double left_of(double share, double loss, std::int64_t count) {
  const double doublings = std::max(0.0, std::log2(static_cast<double>(count)) - 1);
  return share * std::pow(1 - loss, doublings);
}

// Every rank has a block of its own to put in its place.
bool copies_own_block(CollectiveKind kind) {
  switch (kind) {
    case CollectiveKind::all_reduce:
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
    case CollectiveKind::all_to_all:
    case CollectiveKind::expert_dispatch:
    case CollectiveKind::expert_combine:
      return true;
    default:
      return false;
  }
}

bool sums_in_switch(const CollectiveWork& work) {
  return std::any_of(work.phases.begin(), work.phases.end(), [](const PhaseWork& p) { return p.in_switch; });
}

}  // namespace

LibraryConstants library_constants(const CommunicationDescription& c, bool busy) {
  LibraryConstants k;
  k.launch = c.launch->value;
  k.bulk_start = c.bulk_start->value;
  k.low_share = c.low_latency_share;
  k.inside_low_step = c.intra_node_low_step->value;
  k.inside_step = c.intra_node_step->value;
  k.inside_share = c.intra_node_efficiency;
  k.inside_loss = c.loss_per_rank_doubling;
  k.inside_ramp = c.intra_node_ramp->value;
  k.between_low_step = c.inter_node_low_step->value;
  k.between_step = c.inter_node_step->value;
  k.between_share = c.inter_node_efficiency;
  k.between_loss = c.loss_per_doubling;
  k.between_ramp = c.inter_node_ramp;
  k.copy_bandwidth = c.copy_bandwidth->value;
  k.in_switch_share = c.in_switch_efficiency;
  k.peer_gap = c.peer_gap->value;
  if (busy) {
    k.neighbours_delay = c.neighbours.delay->value;
    k.neighbours_leave = c.neighbours.leave;
  }
  return k;
}

double volume_of(CollectiveKind kind, std::int64_t ranks, Bytes bytes) {
  const auto n = static_cast<double>(ranks);
  const double part = bytes.value * (n - 1) / n;
  switch (kind) {
    case CollectiveKind::all_reduce:
      return 2 * part;
    case CollectiveKind::broadcast:
    case CollectiveKind::reduce:
    case CollectiveKind::send_receive:
      return bytes.value;
    default:
      return part;
  }
}

void add_to_front(std::vector<LinkSeconds>& front, LinkSeconds link) {
  const auto within = [](const LinkSeconds& a, const LinkSeconds& b) {
    return a.inside <= b.inside && a.between <= b.between;
  };
  for (const LinkSeconds& known : front)
    if (within(link, known)) return;
  std::erase_if(front, [&](const LinkSeconds& known) { return within(known, link); });
  front.push_back(link);
}

CollectivePrice price_of(const CollectiveWork& work, Bytes bytes, const LibraryConstants& k,
                         Protocol protocol) {
  CollectivePrice price;
  price.protocol = protocol;
  const bool low = protocol == Protocol::low_latency, in_switch = sums_in_switch(work);
  const double reached = low ? k.low_share : 1;
  const double inside =
      reached * (in_switch && k.in_switch_share > 0 ? k.in_switch_share
                                                    : left_of(k.inside_share, k.inside_loss, work.per_node));
  const double between = reached * left_of(k.between_share, k.between_loss, work.nodes) * k.neighbours_leave;
  const double inside_step = low ? k.inside_low_step : k.inside_step,
               between_step = low ? k.between_low_step : k.between_step;
  price.inside_step = Seconds{inside_step};
  price.between_step = Seconds{between_step};
  price.inside_share = inside;
  price.between_share = between;
  double latency_between = 0, transfer = 0, fill = 0;
  for (const PhaseWork& p : work.phases) {
    const double far = p.hops_between * between_step + p.route_between;
    const double delayed = p.hops_between > 0 ? p.hops_inside + p.hops_between : 0;
    PhasePrice of{Seconds{p.hops_inside * inside_step + p.route_inside + far + delayed * k.neighbours_delay +
                          p.extra_messages * k.peer_gap},
                  1};
    double seconds = 0;
    for (const LinkSeconds& l : p.busiest)
      seconds = std::max(seconds, l.inside / inside + l.between / between);
    if (p.whole > 0) of.stretch = seconds / p.whole;
    if (p.pipelined && p.hops_between == 0) fill += 2 * std::sqrt(of.latency.value * bytes.value * seconds);
    latency_between += far;
    transfer += bytes.value * seconds;
    price.total += of.latency;
    price.phases.push_back(of);
  }
  double once = k.launch + (low ? 0 : k.bulk_start);
  if (k.copy_bandwidth > 0 && copies_own_block(work.kind) && !in_switch)
    once += bytes.value / static_cast<double>(work.ranks) / k.copy_bandwidth / reached;
  if (low) once += k.inside_ramp * std::sqrt(volume_of(work.kind, work.ranks, bytes));
  price.fill = Seconds{fill + k.between_ramp * std::sqrt(latency_between * transfer)};
  once += price.fill.value;
  price.once = Seconds{once};
  price.total += price.once + Seconds{transfer};
  return price;
}

CollectivePrice price_of(const CollectiveWork& work, Bytes bytes, const LibraryConstants& constants) {
  CollectivePrice bulk = price_of(work, bytes, constants, Protocol::bulk);
  if (constants.low_share <= 0 || sums_in_switch(work)) return bulk;
  CollectivePrice low = price_of(work, bytes, constants, Protocol::low_latency);
  return low.total < bulk.total ? low : bulk;
}

}  // namespace aifsim
