#include "collectives/schedule.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "collectives/proof.hpp"

namespace aifsim {
namespace {

// 1 to 64 ranks, on nodes of 1 to 8 and all in one, full and partly filled.
std::vector<GroupShape> shapes() {
  std::vector<GroupShape> all;
  for (std::int64_t ranks = 1; ranks <= 64; ++ranks)
    for (const std::int64_t per_node : {1, 2, 3, 4, 6, 8})
      if (ranks % per_node == 0) all.push_back({ranks, per_node});
  for (const std::int64_t ranks : {5, 7, 9, 12, 16, 64}) all.push_back({ranks, ranks});
  // The last node has fewer.
  for (const std::int64_t ranks : {5, 7, 9, 14, 23, 38})
    for (const std::int64_t per_node : {2, 3, 4, 6})
      if (ranks % per_node != 0) all.push_back({ranks, per_node});
  // Links of their own between the GPUs of a node.
  for (const auto& [ranks, per_node] :
       {std::pair{4, 4}, {5, 5}, {6, 6}, {8, 8}, {16, 16}, {12, 4}, {10, 5}, {24, 8}, {11, 4}})
    for (const NodeLinks links : {NodeLinks::mesh, NodeLinks::ring}) all.push_back({ranks, per_node, links});
  return all;
}

std::string describe(const Schedule& s) {
  return std::string(name_of(s.kind)) + " by " + name_of(s.algorithm) + ", " + std::to_string(s.group.ranks) +
         " ranks, " + std::to_string(s.group.per_node) + " per node";
}

template <class Check>
void for_each_schedule(CollectiveKind kind, Check check) {
  for (const GroupShape& group : shapes())
    for (const Algorithm a : algorithms_for(kind, group))
      check(make_schedule(kind, a, group, {0.7}));  // experts' tokens skewed
}

using Pairs = std::map<std::pair<std::int64_t, std::int64_t>, double>;

}  // namespace

// One case a kind, so that they are listed and run apart.
#define PROVE(kind)                                                                                   \
  TEST_CASE(std::string(name_of(kind)) + ": every rank ends with what it should, by every algorithm", \
            "[collectives]") {                                                                        \
    for_each_schedule(kind, [](const Schedule& s) {                                                   \
      INFO(describe(s));                                                                              \
      CHECK(what_is_wrong(s) == "");                                                                  \
    });                                                                                               \
  }
PROVE(CollectiveKind::all_gather)
PROVE(CollectiveKind::reduce_scatter)
PROVE(CollectiveKind::all_reduce)
PROVE(CollectiveKind::broadcast)
PROVE(CollectiveKind::reduce)
PROVE(CollectiveKind::gather)
PROVE(CollectiveKind::scatter)
PROVE(CollectiveKind::all_to_all)
PROVE(CollectiveKind::expert_dispatch)
PROVE(CollectiveKind::expert_combine)
PROVE(CollectiveKind::send_receive)
PROVE(CollectiveKind::barrier)
#undef PROVE

TEST_CASE("the proof finds what is wrong", "[collectives]") {
  const auto ring = [] { return make_schedule(CollectiveKind::all_reduce, Algorithm::ring, {6, 2}); };
  Schedule short_one = ring();
  short_one.phases[1].steps -= 1;
  CHECK(what_is_wrong(short_one) == "rank 0 ends with the wrong cell 2");
  Schedule twice = ring();
  twice.phases.insert(twice.phases.begin(), twice.phases[0]);
  CHECK(what_is_wrong(twice) != "");
  Schedule lost = make_schedule(CollectiveKind::all_gather, Algorithm::ring, {6, 2});
  lost.phases[0].sends = [inner = lost.phases[0].sends](std::int64_t step, std::int64_t rank, Sends& out) {
    if (step != 2 || rank != 3) inner(step, rank, out);
  };
  CHECK(what_is_wrong(lost) == "sends what it has not (phase 0, step 3, rank 2)");
  Schedule swapped = make_schedule(CollectiveKind::all_gather, Algorithm::recursive_doubling, {4, 1});
  std::swap(swapped.phases[0], swapped.phases[1]);
  CHECK(what_is_wrong(swapped) != "");
}

TEST_CASE("the loads of every schedule are what its messages add up to", "[collectives]") {
  for (const CollectiveKind kind : collective_kinds())
    for (const GroupShape& group : {GroupShape{12, 1},
                                    {12, 2},
                                    {11, 4},
                                    {8, 8, NodeLinks::mesh},
                                    {16, 8, NodeLinks::mesh},
                                    {8, 8, NodeLinks::ring},
                                    {7, 7, NodeLinks::ring},
                                    {16, 8, NodeLinks::ring},
                                    {21, 7, NodeLinks::ring},
                                    {24, 4},
                                    {16, 8},
                                    {8, 8},
                                    {64, 8},
                                    {54, 6}})
      for (const Algorithm a : algorithms_for(kind, group)) {
        const Schedule s = make_schedule(kind, a, group, {0.7});
        INFO(describe(s));
        Pairs of_messages, of_loads;
        double inter = 0, all_steps = 0, hops_inter = 0, hops = 0;
        Sends sends;
        for (const Phase& phase : s.phases) {
          std::map<std::int32_t, double> crossing_steps;  // by channel, which go on without each other
          for (std::int64_t step = 0; step < phase.steps; ++step) {
            std::set<std::int32_t> crossing;
            for (std::int64_t r = 0; r < group.ranks; ++r) {
              sends.clear();
              phase.sends(step, r, sends);
              for (const auto& send : sends.all()) {
                const double share = send.volume / static_cast<double>(s.cells);
                of_messages[{r, send.to}] += share;
                if (group.node_of(r) != group.node_of(send.to)) crossing.insert(send.channel);
              }
            }
            for (const std::int32_t channel : crossing) crossing_steps[channel] += 1;
          }
          all_steps += static_cast<double>(phase.steps);
          double most = 0;
          for (const auto& [channel, steps] : crossing_steps) most = std::max(most, steps);
          inter += most;
        }
        for (const PhaseLoad& load : loads(s)) {
          for (const EdgeLoad& e : load.edges) of_loads[{e.source, e.destination}] += e.share;
          hops_inter += load.hops_inter;
          hops += load.hops_inter + load.hops_intra;
        }
        const bool of_parts = std::any_of(s.phases.begin(), s.phases.end(),
                                          [](const Phase& phase) { return phase.hops && !phase.pipelined; });
        if (!of_parts) {
          CHECK(hops == Approx(all_steps));
          CHECK(hops_inter == Approx(inter));
        } else if (a == Algorithm::ring) {  // a part crosses once in each node
          CHECK(hops == Approx(all_steps));
          CHECK(hops_inter ==
                Approx(all_steps * static_cast<double>(group.nodes()) / static_cast<double>(group.ranks)));
        }
        REQUIRE(of_messages.size() == of_loads.size());
        bool alike = true;
        for (const auto& [pair, share] : of_messages)
          alike = alike && of_loads[pair] == Approx(share).margin(1e-12);
        CHECK(alike);
      }
}

TEST_CASE("messages come slot by slot, and pieces follow each other", "[collectives]") {
  const Schedule s = make_schedule(CollectiveKind::all_reduce, Algorithm::tree, {32, 4});
  const std::int64_t pieces = 5;
  std::int64_t last_slot = 0, count = 0;
  double carried = 0;
  for_each_message(s, s.phases.front(), pieces,
                   [&](std::int64_t slot, std::int64_t piece, std::int64_t, const Sends::Send& send) {
                     CHECK(slot >= last_slot);
                     CHECK(slot - piece < s.phases.front().steps);
                     last_slot = slot;
                     ++count;
                     carried += send.volume / static_cast<double>(s.cells * pieces);
                   });
  double loaded = 0;
  for (const PhaseLoad& load : loads(s)) {
    CHECK(load.pipelined);
    CHECK(load.hops_intra + load.hops_inter == static_cast<double>(last_slot + 1 - (pieces - 1)));
    for (const EdgeLoad& e : load.edges) loaded += e.share;
  }
  CHECK(carried == Approx(loaded));
  CHECK(count == pieces * 2 * 8 * 31);  // up and down 8 trees of 31 edges
}

TEST_CASE("the load of a ring all-reduce is the bandwidth bound", "[collectives]") {
  // 2 (n-1)/n of the buffer crosses each edge in all channels together.
  const auto phases = loads(make_schedule(CollectiveKind::all_reduce, Algorithm::ring, {16, 4}));
  REQUIRE(phases.size() == 2);
  double sent_by_node_0 = 0, hops = 0;
  for (const auto& phase : phases) {
    hops += phase.hops_inter + phase.hops_intra;
    for (const auto& e : phase.edges)
      if (e.source / 4 == 0 && e.destination / 4 != 0) sent_by_node_0 += e.share;
  }
  CHECK(sent_by_node_0 == Approx(2 * 15.0 / 16));
  CHECK(hops == Approx(30));
}

TEST_CASE("in a full mesh of four, every link carries the same share", "[collectives]") {
  std::map<std::pair<int, int>, double> link;
  const auto phases =
      loads(make_schedule(CollectiveKind::all_gather, Algorithm::ring, {4, 4, NodeLinks::mesh}));
  for (const auto& e : phases.front().edges) link[{e.source, e.destination}] += e.share;
  REQUIRE(link.size() == 12);
  for (const auto& [ends, share] : link) CHECK(share == Approx(0.25));
}

TEST_CASE("where each GPU is next to two, half of the bytes go each way round", "[collectives]") {
  for (const GroupShape& group : {GroupShape{6, 6, NodeLinks::ring}, {12, 6, NodeLinks::ring}}) {
    Pairs loaded;
    for (const PhaseLoad& load : loads(make_schedule(CollectiveKind::all_gather, Algorithm::ring, group)))
      for (const EdgeLoad& e : load.edges) loaded[{e.source, e.destination}] += e.share;
    for (const auto& [pair, share] : loaded) {
      const auto [from, to] = pair;
      if (group.node_of(from) != group.node_of(to)) continue;
      INFO(group.ranks << " ranks, " << from << " to " << to);
      CHECK((to - from + 6) % 6 % 4 == 1);
      CHECK(share == Approx(loaded.at({to, from})));
    }
  }
}

TEST_CASE("the tree's longest path grows with the logarithm of the nodes", "[collectives]") {
  const auto hops = [](std::int64_t nodes) {
    return loads(make_schedule(CollectiveKind::all_reduce, Algorithm::tree, {nodes, 1})).front().hops_inter;
  };
  CHECK(hops(64) <= 2 * 7);
  CHECK(hops(512) - hops(64) == Approx(6));
}

TEST_CASE("no node is inside both trees, whatever their number: each sends the buffer twice at most",
          "[collectives]") {
  for (const Algorithm algorithm : {Algorithm::tree, Algorithm::nvls_tree})
    for (std::int64_t nodes = 2; nodes <= 41; ++nodes) {
      const std::int64_t per_node = algorithm == Algorithm::tree ? 1 : 2;
      const GroupShape group{nodes * per_node, per_node};
      std::map<std::int64_t, double> sent;
      for (const PhaseLoad& load : loads(make_schedule(CollectiveKind::all_reduce, algorithm, group)))
        for (const EdgeLoad& e : load.edges)
          if (group.node_of(e.source) != group.node_of(e.destination))
            sent[group.node_of(e.source)] += e.share;
      INFO(nodes << " nodes");
      for (const auto& [node, share] : sent) CHECK(share <= 2 + 1e-9);
    }
}

TEST_CASE("halving and doubling moves 2 (n-1)/n of the buffer in 2 log2 n steps", "[collectives]") {
  const auto phases = loads(make_schedule(CollectiveKind::all_reduce, Algorithm::rabenseifner, {32, 1}));
  REQUIRE(phases.size() == 10);
  double sent_by_0 = 0;
  for (const auto& phase : phases)
    for (const auto& e : phase.edges)
      if (e.source == 0) sent_by_0 += e.share;
  CHECK(sent_by_0 == Approx(2 * 31.0 / 32));
}

TEST_CASE("the sample of a large all-to-all has the load of the whole", "[collectives]") {
  for (const std::int64_t per_node : {1, 4, 8}) {
    const std::int64_t n = 6144, block = 384, blocks = n / block;  // 38 million pairs
    const auto all = loads(make_schedule(CollectiveKind::all_to_all, Algorithm::pairwise, {n, per_node}));
    REQUIRE(all.size() == 1);
    CHECK(all.front().edges.size() < 3'000'000);
    std::vector<double> out(n, 0), in(n, 0), between(blocks * blocks, 0);
    for (const EdgeLoad& e : all.front().edges) {
      out[e.source] += e.share;
      in[e.destination] += e.share;
      between[e.source / block * blocks + e.destination / block] += e.share;
    }
    const double each = static_cast<double>(n - 1) / static_cast<double>(n);
    const double pair = static_cast<double>(block * block) / static_cast<double>(n);
    double worst_rank = 0, worst_pair = 0;
    for (std::int64_t r = 0; r < n; ++r)
      worst_rank = std::max({worst_rank, std::abs(out[r] / each - 1), std::abs(in[r] / each - 1)});
    for (std::int64_t a = 0; a < blocks; ++a)
      for (std::int64_t b = 0; b < blocks; ++b)
        if (a != b) worst_pair = std::max(worst_pair, std::abs(between[a * blocks + b] / pair - 1));
    INFO(per_node << " per node: " << worst_rank << " " << worst_pair);
    CHECK(worst_rank < 0.03);
    CHECK(worst_pair < 0.10);
  }
}

TEST_CASE("experts' tokens: popular ranks receive more, and all together as much", "[collectives]") {
  double to_first = 0, all = 0;
  for (const PhaseLoad& load :
       loads(make_schedule(CollectiveKind::expert_dispatch, Algorithm::pairwise, {16, 4}, {0.5})))
    for (const EdgeLoad& e : load.edges) {
      all += e.share;
      if (e.destination == 0) to_first += e.share;
    }
  const BlockWeights weights(CollectiveKind::expert_dispatch, 16, 0.5);
  CHECK(weights(3, 0) / weights(3, 15) == Approx(4));
  CHECK(to_first == Approx(15 * weights(3, 0) / 16));
  CHECK(all == Approx(15));
}

TEST_CASE("forwarded tokens cross to a node once, and reach as many ranks in it", "[collectives]") {
  constexpr std::int64_t ranks = 12, per_node = 4;
  for (const CollectiveKind kind : {CollectiveKind::expert_dispatch, CollectiveKind::expert_combine})
    for (const double visits : {1.0, 2.0, 8.0}) {
      std::vector<double> out(ranks, 0), in(ranks, 0), inside(ranks, 0);
      for (const PhaseLoad& load :
           loads(make_schedule(kind, Algorithm::forwarded, {ranks, per_node}, {0, visits})))
        for (const EdgeLoad& e : load.edges)
          if (e.source / per_node == e.destination / per_node) {
            inside[e.source] += e.share * ranks;
          } else {
            out[e.source] += e.share * ranks;
            in[e.destination] += e.share * ranks;
          }
      const double to_node = 1 - std::pow(2.0 / 3, visits), to_rank = 1 - std::pow(11.0 / 12, visits);
      for (std::int64_t r = 0; r < ranks; ++r) {
        CHECK(out[r] == Approx(2 * to_node / to_rank));
        CHECK(in[r] == Approx(2 * to_node / to_rank));
        CHECK(inside[r] == Approx(3 * 3));  // of each node's one rank, to three others
      }
    }
  CHECK_FALSE(find_schedule(CollectiveKind::expert_dispatch, Algorithm::forwarded, {8, 8}));
  CHECK_FALSE(find_schedule(CollectiveKind::expert_dispatch, Algorithm::forwarded, {8, 1}));
}

TEST_CASE("131,072 ranks are described and loaded in linear time", "[collectives]") {
  const GroupShape group{131072, 8};
  for (const Algorithm a : algorithms_for(CollectiveKind::all_reduce, group)) {
    if (a == Algorithm::linear) continue;  // 17 billion pairs, sampled: the case above
    const Schedule s = make_schedule(CollectiveKind::all_reduce, a, group);
    std::size_t edges = 0;
    for (const PhaseLoad& load : loads(s)) edges += load.edges.size();
    INFO(describe(s));
    CHECK(edges <= 131072u * 36);  // two a step of a butterfly
  }
}

TEST_CASE("rings of a mesh of any size load all its links, of an even size alike", "[collectives]") {
  for (const std::int64_t ranks : {4, 5, 6, 7, 8, 12, 16}) {
    const GroupShape group{ranks, ranks, NodeLinks::mesh};
    Pairs loaded;
    for (const PhaseLoad& load : loads(make_schedule(CollectiveKind::all_gather, Algorithm::ring, group)))
      for (const EdgeLoad& e : load.edges) loaded[{e.source, e.destination}] += e.share;
    INFO(ranks);
    CHECK(std::ssize(loaded) == ranks * (ranks - 1));
    for (const auto& [pair, share] : loaded)
      CHECK(share == Approx(1.0 / static_cast<double>(ranks)));  // (n-1)/n of the buffer over n-1 links
  }
}

TEST_CASE("a node with fewer ranks has as many channels of a ring through it", "[collectives]") {
  const Schedule s = make_schedule(CollectiveKind::all_gather, Algorithm::ring, {76, 72});
  CHECK(s.cells == 76 * 4);
  CHECK_FALSE(find_schedule(CollectiveKind::all_reduce, Algorithm::hierarchical, {76, 72}));
}

}  // namespace aifsim
