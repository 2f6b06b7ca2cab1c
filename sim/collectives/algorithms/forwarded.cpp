// Everyone's blocks to everyone, each token once to a node and from there over the node's links to the ranks that it is
// for; combined, the node's ranks add up first and one sends on (DeepEP, HybridEP).
//
//   a node gets from a rank     v(m) = (1 - (1 - m/n)^k) / (1 - (1 - 1/n)^k) blocks, where its m ranks' are m
//
//   n ranks of the group, m of the node, k = Schedule::visits experts of a token, each on any rank alike. 1: v = m, and
//   this is no more than another way for the same bytes.
// The rank that forwards is the one with the sender's place in its node. All phases stream. Skewed tokens: v(m) times
// the mean weight of the node's blocks. Source: DeepEP, csrc/kernels/internode.cu, what its ranks send each other.
#include <algorithm>
#include <cmath>

#include "collectives/algorithms/build.hpp"

namespace aifsim {
namespace {

struct Nodes {
  GroupShape g;
  std::int64_t count = g.nodes();
  std::int64_t first(std::int64_t node) const { return node * g.per_node; }
  std::int64_t size(std::int64_t node) const { return std::min(g.per_node, g.ranks - first(node)); }
  std::int64_t forwarder(std::int64_t rank, std::int64_t node) const {
    return first(node) + rank % g.per_node % size(node);
  }
};

}  // namespace

bool build_forwarded(Schedule& s) {
  const GroupShape g = s.group;
  if (!s.sends_blocks_to_all() || g.nodes() == 1 || g.per_node == 1) return false;
  const std::int64_t n = g.ranks;
  const Nodes nodes{g};
  const bool back = s.kind == CollectiveKind::expert_combine;
  s.cells = n;
  const auto gone_to = [n, k = s.visits](std::int64_t ranks) {
    return 1 - std::pow(1 - static_cast<double>(ranks) / static_cast<double>(n), k);
  };
  // What `rank` and the node exchange, in cells.
  const auto with_node = [=, weight = s.weight](std::int64_t rank, std::int64_t node) {
    const std::int64_t size = nodes.size(node);
    double sum = 0;
    if (weight.even()) sum = static_cast<double>(size);
    for (std::int64_t m = nodes.first(node); !weight.even() && m < nodes.first(node) + size; ++m)
      sum += back ? weight(m, rank) : weight(rank, m);
    return sum / static_cast<double>(size) * gone_to(size) / gone_to(1);
  };
  // visit(rank): whose blocks `forwarder` takes on, of its own node only its own.
  const auto for_each_served = [=](std::int64_t forwarder, auto visit) {
    const std::int64_t node = g.node_of(forwarder), place = forwarder - nodes.first(node);
    visit(forwarder);
    for (std::int64_t other = 0; other < nodes.count; ++other)
      for (std::int64_t p = place; other != node && p < nodes.size(other); p += nodes.size(node))
        visit(nodes.first(other) + p);
  };

  Phase between;
  between.extra_messages = static_cast<double>(nodes.count - 2);
  between.sends = [=](std::int64_t, std::int64_t rank, Sends& out) {
    const std::int64_t own = g.node_of(rank);
    if (!back) {
      for (std::int64_t i = 1; i < nodes.count; ++i) {
        const std::int64_t node = (own + i) % nodes.count;
        out.add(nodes.forwarder(rank, node), Work::copy, with_node(rank, node), [&](auto emit) {
          emit(CellRange{rank * n + nodes.first(node), nodes.size(node)});
        });
      }
      return;
    }
    for_each_served(rank, [&](std::int64_t to) {
      if (to == rank) return;
      out.add(to, Work::copy, with_node(to, own), [&](auto emit) {
        for (std::int64_t m = nodes.first(own); m < nodes.first(own) + nodes.size(own); ++m)
          emit(CellRange{m * n + to, 1});
      });
    });
  };
  Phase inside;
  inside.extra_messages = static_cast<double>(g.per_node - 2);
  inside.sends = [=, weight = s.weight](std::int64_t, std::int64_t rank, Sends& out) {
    const std::int64_t own = g.node_of(rank), first = nodes.first(own), size = nodes.size(own);
    for (std::int64_t i = 1; i < size; ++i) {
      const std::int64_t to = first + (rank - first + i) % size;
      double volume = 0;
      for_each_served(back ? to : rank, [&](std::int64_t served) {
        volume += back ? weight(rank, served) : weight(served, to);
      });
      out.add(to, Work::copy, volume, [&](auto emit) {
        for_each_served(back ? to : rank, [&](std::int64_t served) {
          emit(CellRange{back ? rank * n + served : served * n + to, 1});
        });
      });
    }
  };
  if (back)
    s.phases = {std::move(inside), std::move(between)};
  else
    s.phases = {std::move(between), std::move(inside)};
  s.streamed = true;
  return true;
}

}  // namespace aifsim
