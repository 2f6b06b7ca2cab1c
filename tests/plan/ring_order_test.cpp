// The way of a ring through a node whose GPUs are not all joined.
#include "plan/ring_order.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "../machine/machines.hpp"
#include "plan/router.hpp"

namespace aifsim {
namespace {

using Order = std::vector<std::int64_t>;

double narrowest(const Order& order, const std::vector<RingStep>& steps) {
  double least = 1e300;
  for (std::size_t i = 0; i < order.size(); ++i)
    least = std::min(least, steps[static_cast<std::size_t>(order[i]) * order.size() +
                                  static_cast<std::size_t>(order[(i + 1) % order.size()])]
                                .bandwidth);
  return least;
}

}  // namespace

TEST_CASE("a ring's narrowest step is as wide as that of any order", "[plan]") {
  std::mt19937 random(7);
  for (int sample = 0; sample < 30; ++sample) {
    const std::int64_t n = 4 + sample % 4;
    std::vector<RingStep> steps(static_cast<std::size_t>(n * n));
    for (RingStep& s : steps) s = {static_cast<double>(1 + random() % 9), static_cast<double>(random() % 5)};
    const Order found = ring_order(
        n, [&](std::int64_t a, std::int64_t b) { return steps[static_cast<std::size_t>(a * n + b)]; });
    Order any(static_cast<std::size_t>(n));
    std::iota(any.begin(), any.end(), 0);
    CHECK(std::is_permutation(found.begin(), found.end(), any.begin()));
    CHECK(found.front() == 0);
    double best = 0;
    do best = std::max(best, narrowest(any, steps));
    while (std::next_permutation(any.begin() + 1, any.end()));
    CHECK(narrowest(found, steps) == best);
  }
}

TEST_CASE("equal steps leave a ring in order", "[plan]") {
  for (const std::int64_t n : {2, 3, 4, 8, 16, 17}) {
    Order in_order(static_cast<std::size_t>(n));
    std::iota(in_order.begin(), in_order.end(), 0);
    CHECK(ring_order(n, [](std::int64_t, std::int64_t) { return RingStep{1, 1}; }) == in_order);
  }
}

TEST_CASE("the GPUs of a node follow each other as they are joined, in every group alike", "[plan]") {
  PlatformDescription platform = test::fat_tree(test::mesh_node(8), 4, {{"leaf", 4, 1}});
  // 0-1-3-2-4-5-7-6-0, and no other pair.
  const std::vector<std::pair<int, int>> joined{{0, 1}, {1, 3}, {2, 3}, {2, 4},
                                                {4, 5}, {5, 7}, {6, 7}, {0, 6}};
  std::erase_if(platform.node.wiring, [&](const WiringRule& rule) {
    return rule.from.starts_with("gpu") && rule.to.starts_with("gpu");
  });
  for (const auto& [a, b] : joined)
    platform.node.wiring.push_back(test::rule("gpu" + std::to_string(a), "gpu" + std::to_string(b), 50, 1));
  const Topology topology(platform);
  CHECK(topology.joined_gpus() == JoinedGpus::some);
  Router router(topology, {0, 1, 2, 3}, true);
  GroupRanks all;
  all.members.add(16, 1);
  all.bases.add(2, 16);
  const RoutedGroup& group = router.group(all);
  CHECK(group.shape == GroupShape{16, 8, NodeLinks::ring});
  CHECK(group.members == Order{0, 1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10, 12, 13, 15, 14});
  GroupRanks halves;  // 0-1-3-2 and 4-5-7-6 are no rings here, but the best that there are
  halves.members.add(4, 1);
  halves.bases.add(8, 4);
  const Order half = router.group(halves).members;
  CHECK((half == Order{0, 1, 3, 2} || half == Order{0, 2, 3, 1}));  // one way round or the other
  CHECK(router.group(halves).shape.links == NodeLinks::ring);
}

}  // namespace aifsim
