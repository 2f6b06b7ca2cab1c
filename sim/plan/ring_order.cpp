// Held and Karp's dynamic program, twice: for the widest narrowest step, then for the least latency among the steps
// that are at least so wide.
#include "plan/ring_order.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace aifsim {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

struct Way {
  double price = never;
  std::vector<std::int64_t> places;
};

// The best way through all places and back: `join` adds a step to the price of a way, less is better.
template <class Join>
Way cheapest(std::size_t size, double start, Join join) {
  const std::size_t all = std::size_t{1} << size;
  struct State {
    double price = never;
    std::size_t before = 0;
  };
  std::vector<State> states(all * size);  // by the places visited, and the last of them
  states[size] = {start, 0};              // {0}, at 0
  for (std::size_t visited = 1; visited < all; visited += 2)
    for (std::size_t last = 0; last < size; ++last) {
      const double price = states[visited * size + last].price;
      if (price == never) continue;
      for (std::size_t next = 1; next < size; ++next) {
        if (visited >> next & 1) continue;
        State& there = states[(visited | std::size_t{1} << next) * size + next];
        if (const double to = join(price, last, next); to < there.price) there = {to, last};
      }
    }
  Way way;
  std::size_t last = 0, visited = all - 1;
  for (std::size_t end = 1; end < size; ++end)
    if (const double price = join(states[visited * size + end].price, end, 0); price <= way.price) {
      way.price = price;
      last = end;
    }
  while (last != 0) {
    way.places.push_back(static_cast<std::int64_t>(last));
    const std::size_t before = states[visited * size + last].before;
    visited &= ~(std::size_t{1} << last);
    last = before;
  }
  way.places.push_back(0);
  std::reverse(way.places.begin(), way.places.end());
  double in_order = start;
  for (std::size_t place = 0; place < size; ++place) in_order = join(in_order, place, (place + 1) % size);
  if (in_order <= way.price) std::iota(way.places.begin(), way.places.end(), 0);
  return way;
}

}  // namespace

std::vector<std::int64_t> ring_order(std::int64_t size,
                                     const std::function<RingStep(std::int64_t, std::int64_t)>& step) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  if (size < 4 || size > 16) return order;  // of three there is one ring, either way round
  const std::size_t n = order.size();
  std::vector<RingStep> steps(n * n);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      if (a != b) steps[a * n + b] = step(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
  const double narrowest = -cheapest(n, -never, [&](double price, std::size_t a, std::size_t b) {
                              return std::max(price, -steps[a * n + b].bandwidth);
                            }).price;
  return cheapest(n, 0,
                  [&](double price, std::size_t a, std::size_t b) {
                    return steps[a * n + b].bandwidth < narrowest ? never : price + steps[a * n + b].latency;
                  })
      .places;
}

}  // namespace aifsim
