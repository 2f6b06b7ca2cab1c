// Butterflies: log2(m) steps in each of which m ranks pair up, such that after all of them each has heard
// from every other exactly once. One function, who pairs with whom, gives five collectives.
#pragma once
#include <cstdint>

#include "collectives/schedule.hpp"

namespace aifsim {

std::int64_t log2_floor(std::int64_t n);
std::int64_t log2_ceil(std::int64_t n);
bool power_of_two(std::int64_t n);

// The m = 2^k ranks of n that take part. Of the first 2 (n - m) ranks the even ones only hand their
// contribution to the odd one behind them, and get the result back (MPICH's way).
struct Members {
  std::int64_t n = 1, m = 1;
  explicit Members(std::int64_t ranks);
  std::int64_t extra() const { return n - m; }
  std::int64_t rank(std::int64_t member) const {
    return member < extra() ? 2 * member + 1 : member + extra();
  }
  std::int64_t member(std::int64_t rank) const {  // -1: takes no part
    if (rank >= 2 * extra()) return rank - extra();
    return rank % 2 == 1 ? rank / 2 : -1;
  }
};

// The partner of `rank` in `step`, out of m ranks. partner(step, partner(step, r)) = r.
using Partner = std::function<std::int64_t(std::int64_t step, std::int64_t rank, std::int64_t m)>;
std::int64_t near_first(std::int64_t step, std::int64_t rank, std::int64_t m);  // distance 1, 2, 4, ...
std::int64_t far_first(std::int64_t step, std::int64_t rank, std::int64_t m);   // distance m/2, ..., 2, 1

// All-reduce with the whole buffer in every step; any number of ranks.
void exchange_all(Schedule& s, const Partner& partner);
// All-reduce as a reduce-scatter in the reverse order of the butterfly, then an all-gather in its order; any
// number of ranks.
void scatter_and_gather(Schedule& s, const Partner& partner);
// All-gather in the order of the butterfly, reduce-scatter in its reverse. Block r belongs to rank r. False
// unless the number of ranks is a power of two.
bool gather_blocks(Schedule& s, const Partner& partner);
bool scatter_blocks(Schedule& s, const Partner& partner);

}  // namespace aifsim
